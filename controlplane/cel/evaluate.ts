import type { ASTNode } from '@marcbachmann/cel-js';
import { UnsignedInt } from '@marcbachmann/cel-js/evaluator';
import { CelRuntimeError, noSuchOverload } from './errors.ts';
import { absorbed, asBool, type Evaluation, type Scope } from './evaluation.ts';
import { callFunction } from './call.ts';
import { comprehension } from './comprehensions.ts';
import { isPresent, member, optionalMember } from './members.ts';
import { binary, negate } from './operators.ts';
import { NAMESPACES, TYPE_NAMES } from './names.ts';
import { type CelValue, CelList, makeMap, Optional, TypeValue, Uint } from './values.ts';

/** Evaluates a node. Throws a CelRuntimeError or a CelCostError. */
export function evaluateNode(node: ASTNode, scope: Scope | undefined, run: Evaluation): CelValue {
  run.budget.spend(1);
  switch (node.op) {
    case 'value':
      return literal(node.args);
    case 'id':
      return variable(node.args, scope, run);
    case '.':
      return select(node.args[0], node.args[1], scope, run);
    case '.?':
      return optionalMember(evaluateNode(node.args[0], scope, run), node.args[1]);
    case '[]': {
      const object = evaluateNode(node.args[0], scope, run);
      const key = evaluateNode(node.args[1], scope, run);
      return object instanceof Optional ? optionalMember(object, key) : member(object, key);
    }
    case '[?]':
      return optionalMember(evaluateNode(node.args[0], scope, run), evaluateNode(node.args[1], scope, run));
    case 'call':
    case 'rcall':
      return call(node, scope, run);
    case 'list':
      return CelList.from(node.args, (element) => evaluateNode(element, scope, run));
    case 'map':
      return makeMap(
        node.args.map(([key, value]) => [evaluateNode(key, scope, run), evaluateNode(value, scope, run)]),
      );
    case '?:':
      return evaluateNode(node.args[asBool(evaluateNode(node.args[0], scope, run)) ? 1 : 2], scope, run);
    case '||':
      return either(node.args, true, scope, run);
    case '&&':
      return either(node.args, false, scope, run);
    case '!_':
      return !asBool(evaluateNode(node.args, scope, run));
    case '-_':
      return negate(evaluateNode(node.args, scope, run));
    default:
      return binary(
        node.op,
        evaluateNode(node.args[0], scope, run),
        evaluateNode(node.args[1], scope, run),
        run.budget,
      );
  }
}

const literal = (value: unknown): CelValue =>
  value instanceof UnsignedInt ? new Uint(value.valueOf()) : value;

function variable(name: string, scope: Scope | undefined, run: Evaluation): CelValue {
  for (let at = scope; at !== undefined; at = at.parent) if (at.name === name) return at.value;
  const bound = Object.hasOwn(run.bindings, name) ? run.bindings[name] : undefined;
  if (bound !== undefined) return bound();
  if (TYPE_NAMES.has(name)) return new TypeValue(name === 'null' ? 'null_type' : name);
  const namespace = NAMESPACES.get(name);
  if (namespace !== undefined) return namespace;
  throw new CelRuntimeError(`no such attribute(s): ${name}`);
}

function select(object: ASTNode, field: string, scope: Scope | undefined, run: Evaluation): CelValue {
  const path = dottedPath(object);
  if (path === 'google.protobuf') return new TypeValue(`google.protobuf.${field}`);
  const value = evaluateNode(object, scope, run);
  return value instanceof Optional ? optionalMember(value, field) : member(value, field);
}

const dottedPath = (node: ASTNode): string =>
  node.op === '.' && node.args[0].op === 'id' ? `${node.args[0].args}.${node.args[1]}` : '';

/** `||` and `&&`: the value that decides does so even when the other side fails. */
function either(
  [left, right]: readonly [ASTNode, ASTNode],
  decisive: boolean,
  scope: Scope | undefined,
  run: Evaluation,
): boolean {
  let failure: unknown;
  try {
    if (asBool(evaluateNode(left, scope, run)) === decisive) return decisive;
  } catch (error) {
    failure = absorbed(error, run);
  }
  if (asBool(evaluateNode(right, scope, run)) === decisive) return decisive;
  if (failure !== undefined) throw failure;
  return !decisive;
}

function call(
  node: Extract<ASTNode, { op: 'call' | 'rcall' }>,
  scope: Scope | undefined,
  run: Evaluation,
): CelValue {
  if (node.op === 'call') {
    const [name, args] = node.args;
    if (name === 'has' && args[0] !== undefined) return has(args[0], scope, run);
    return callFunction(name, undefined, evaluateAll(args, scope, run), run.budget);
  }
  const [name, receiver, args] = node.args;
  const made = comprehension(name, receiver, args, scope, run);
  if (made !== undefined) return made.value;
  const object = evaluateNode(receiver, scope, run);
  if (object instanceof Optional && name.startsWith('or')) return alternative(name, object, args, scope, run);
  return callFunction(name, { value: object }, evaluateAll(args, scope, run), run.budget);
}

const evaluateAll = (nodes: readonly ASTNode[], scope: Scope | undefined, run: Evaluation): CelValue[] =>
  nodes.map((node) => evaluateNode(node, scope, run));

function has(node: ASTNode, scope: Scope | undefined, run: Evaluation): boolean {
  if (node.op !== '.' && node.op !== '.?') throw noSuchOverload();
  const object = evaluateNode(node.args[0], scope, run);
  return isPresent(object instanceof Optional ? object.value : object, node.args[1]);
}

/** `or` and `orValue` look at their argument only when they need it. */
function alternative(
  name: string,
  optional: Optional,
  [argument]: readonly ASTNode[],
  scope: Scope | undefined,
  run: Evaluation,
): CelValue {
  if (optional.present) return name === 'or' ? optional : optional.value;
  if (argument === undefined) throw noSuchOverload();
  const value = evaluateNode(argument, scope, run);
  if (name === 'or' && !(value instanceof Optional)) throw noSuchOverload();
  return value;
}
