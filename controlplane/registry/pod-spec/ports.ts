import type { IntOrString } from '#api/gen/types.ts';
import { invalid, type FieldError } from '#api/status.ts';
import { portNameProblems, portNumberProblems } from '#api/validation.ts';

/** In the order in which Kubernetes names them. */
export const PROTOCOLS: readonly string[] = ['SCTP', 'TCP', 'UDP'];

/** `validation.ValidatePortNumOrName`. */
export const portErrors = (port: IntOrString, path: string): FieldError[] =>
  (typeof port === 'number' ? portNumberProblems(port) : portNameProblems(port)).map((problem) =>
    invalid(path, port, problem),
  );
