import type { LabelSelector, LabelSelectorRequirement } from '#api/gen/types.ts';
import { forbidden, invalid, required, type FieldError } from '#api/status.ts';
import { labelValueProblems, qualifiedNameProblems } from '#api/validation.ts';
import { validateLabels } from '../metadata.ts';

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** `metav1validation.ValidateLabelSelector`. */
export function validateLabelSelector(selector: LabelSelector | undefined, path: string): FieldError[] {
  if (selector === undefined) return [];
  return [
    ...validateLabels(selector.matchLabels, `${path}.matchLabels`),
    ...(selector.matchExpressions ?? []).flatMap((one, index) =>
      validateExpression(one, `${path}.matchExpressions[${index}]`),
    ),
  ];
}

function validateExpression(expression: LabelSelectorRequirement, path: string): FieldError[] {
  const { operator, values = [] } = expression;
  // Decoding asks for no field, whatever the type says.
  const key = (expression.key as string | undefined) ?? '';
  const errors: FieldError[] = [];
  if (!OPERATORS.includes(operator)) {
    errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  } else if (operator.endsWith('In') && values.length === 0) {
    errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (!operator.endsWith('In') && values.length > 0) {
    errors.push(
      forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
    );
  }
  errors.push(...qualifiedNameProblems(key).map((problem) => invalid(`${path}.key`, key, problem)));
  values.forEach((value, index) => {
    errors.push(
      ...labelValueProblems(value).map((problem) => invalid(`${path}.values[${index}]`, value, problem)),
    );
  });
  return errors;
}
