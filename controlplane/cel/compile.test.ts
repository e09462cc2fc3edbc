import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CostBudget } from './budget.ts';
import { compile } from './compile.ts';
import { CelCompileError, CelCostError, CelRuntimeError } from './errors.ts';

const object = {
  metadata: { name: 'web', labels: { app: 'web', 'a.b/c': 'x' } },
  spec: {
    replicas: 3,
    ratio: 0.5,
    ports: [80, 443],
    items: [
      { n: 'a', v: 1 },
      { n: 'b', v: 2 },
    ],
    'a-b': 1,
  },
};
const variables = { object: 'dyn', oldObject: 'dyn', big: 'dyn', text: 'string' };
const run = (source: string, bindings: object = {}) =>
  compile(source, { variables }).evaluate({ object, oldObject: null, ...bindings });

describe('expressions', () => {
  it.each([
    'object.spec.replicas == 3 && object.spec.replicas + 1 <= 4',
    'object.spec.ratio * 2.0 == 1.0',
    '7 / 2 == 3 && [1.0][0] / 2.0 == 0.5 && -7 % 3 == -1',
    'has(object.spec.ports) && !has(object.spec.nothing) && !has(object.spec.nothing)',
    '"app" in object.metadata.labels && 80 in object.spec.ports && !("80" in object.metadata.labels)',
    'object.metadata.labels["a.b/c"] == "x" && object.spec.a__dash__b == 1',
    'object.spec.items.all(i, i.v > 0) && object.spec.items.exists(i, i.n == "b")',
    'object.spec.items.exists_one(i, i.v == 2) && object.metadata.labels.all(k, k.size() > 0)',
    'object.spec.items.map(i, i.v) == [1, 2] && object.spec.items.filter(i, i.v > 1).map(i, i.n) == ["b"]',
    'object.spec.items.map(i, i.v > 1, i.n) == ["b"]',
    '[1, 2].all(i, v, v == i + 1) && {"a": 1}.exists(k, v, k == "a" && v == 1)',
    '{"a": 1, "b": 2}.transformMap(k, v, v * 2) == {"a": 2, "b": 4}',
    '[5, 6].transformList(i, v, i > 0, v) == [6]',
    'object.?spec.?nothing.orValue("none") == "none" && object.?spec.replicas.hasValue()',
    'object.spec.?replicas.optMap(r, r + 1).orValue(0) == 4 && optional.none().or(optional.of(1)).value() == 1',
    'cel.bind(n, object.spec.replicas, n * n) == 9',
    'oldObject == null && type(1) == int && type("") == string',
    '[1, 2, 3].sum() == 6 && [1.5, 2.5].sum() == 4.0 && [2, 1].min() == 1 && [2, 1].max() == 2 && [1, 2].isSorted()',
    '["a", "b", "a"].indexOf("a") == 0 && ["a", "b", "a"].lastIndexOf("a") == 2',
    '"hello".matches("^h.*o$") && "abc 123".find("[0-9]+") == "123" && "1 2 3".findAll("[0-9]", 2) == ["1", "2"]',
    '"aXbX".replace("X", "-", 1) == "a-bX" && "ab".replace("", "-") == "-a-b-" && "héllo".charAt(1) == "é"',
    '"a,b,c".split(",") == ["a", "b", "c"] && ["a", "b"].join("-") == "a-b" && " x ".trim() == "x"',
    '"TacoCat".lowerAscii() == "tacocat" && "tacocat".substring(0, 4) == "taco" && "abc".reverse() == "cba"',
    '"%s has %d of %.2f and %s".format(["x", 3, 1.5, [1, 2]]) == "x has 3 of 1.50 and [1, 2]"',
    'strings.quote("a\\nb") == "\\"a\\\\nb\\""',
    'duration("1h30m") > duration("60m") && duration("90m").getHours() == 1',
    'timestamp("2024-01-31T00:00:00Z") + duration("24h") == timestamp("2024-02-01T00:00:00Z")',
    'timestamp("2024-01-01T00:30:00Z").getHours("Europe/Berlin") == 1 && timestamp("2024-01-01T00:00:00Z").getMonth() == 0',
    'string(timestamp("2024-01-01T00:00:00.5Z")) == "2024-01-01T00:00:00.5Z" && int("42") == 42 && double(1) == 1.0',
    'url("https://example.com:80/a%20b?k=v&k=w").getHost() == "example.com:80" && isURL("/a") && !isURL("a b")',
    'url("https://example.com/p?k=v&k=w").getQuery()["k"] == ["v", "w"] && url("https://[::1]:80/").getHostname() == "::1"',
    'quantity("1.5Gi").isGreaterThan(quantity("1500Mi")) && quantity("50k").add(20) == quantity("50020") && !isQuantity("x")',
    'quantity("50k").asInteger() == 50000 && quantity("1").compareTo(quantity("1000m")) == 0',
    'ip("::1").isLoopback() && ip("10.0.0.1").family() == 4 && !isIP("1.2.3") && ip.isCanonical("2001:db8::1")',
    'cidr("10.0.0.0/8").containsIP("10.1.2.3") && cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16") && !isCIDR("10.0.0.0/33")',
    'string(cidr("10.1.2.3/8").masked()) == "10.0.0.0/8" && cidr("::/64").prefixLength() == 64',
    'sets.contains([1, 2, 3], [2]) && sets.intersects([1], [1, 2]) && sets.equivalent([1, 1], [1])',
    'true || object.nothing == 1',
    'object.nothing == 1 || true',
  ])('%s', (source) => {
    expect(run(source)).toBe(true);
  });

  it.each([
    ['object.spec.nothing', 'no such key: nothing'],
    ['object.spec.ports[5]', 'index out of bounds: 5'],
    ['object.spec.replicas / 0', 'division by zero'],
    ['object.spec.replicas % 0', 'modulus by zero'],
    ['object.spec.replicas + object.metadata.name', 'no such overload'],
    ['object.metadata.name.startsWith(object.spec.replicas)', 'no such overload'],
    ['9223372036854775807 + object.spec.replicas', 'integer overflow'],
    ['optional.none().value()', 'optional.none() dereference'],
    ['object.spec.replicas && true', 'no such overload'],
  ])('%s fails: %s', (source, message) => {
    expect(() => run(source)).toThrow(new CelRuntimeError(message));
  });

  it.each([
    ['self.x', "ERROR: <input>:1:1: undeclared reference to 'self' (in container '')\n | self.x\n | ^"],
    [
      'object.x == 1 &&\n  nothing',
      "ERROR: <input>:2:3: undeclared reference to 'nothing' (in container '')\n |   nothing\n | ..^",
    ],
    [
      'text + 1',
      "ERROR: <input>:1:1: found no matching overload for '_+_' applied to '(string, int)'\n | text + 1\n | ^",
    ],
    ['1 +', 'ERROR: <input>:1:4: Syntax error: Unexpected token: EOF\n | 1 +\n | ...^'],
  ])('%s does not compile', (source, message) => {
    expect(() => run(source)).toThrow(new CelCompileError(message));
  });

  it('must give one of the types that are asked for', () => {
    const environment = { variables, returns: ['bool'] };
    expect(() => compile('text', environment)).toThrow('must evaluate to bool');
    expect(compile('object.a', environment).type).toBe('dyn');
  });
});

describe('the cost of expressions', () => {
  const big = Array.from({ length: 20_000 }, (_, index) => index);
  const long = 'a'.repeat(1_000_000);

  it.each([
    'big.all(a, big.all(b, big.all(c, a + b + c >= 0)))',
    'big.exists(a, big.exists(b, a.nothing == b))',
    'big.map(a, big.map(b, big)).size() > 0',
    'big.all(a, a in big)',
    'big.all(a, big == big)',
    'text.replace("", text) == ""',
    'big.map(a, text).join(",") == ""',
    'big.all(a, text.matches("(a*)*b"))',
    'text.matches("((((a{0,10}){0,10}){0,10})b){1}")',
    'big.all(a, text.findAll("a*b|a").size() > 0)',
    'cel.bind(a, text + text, cel.bind(b, a + a, cel.bind(c, b + b, cel.bind(d, c + c, d + d)))) == ""',
    'cel.bind(a, big + big, cel.bind(b, a + a, cel.bind(c, b + b, cel.bind(d, c + c, cel.bind(e, d + d, e + e))))) == []',
    'big.distinct().size() > 0',
    'sets.equivalent(big, big.map(b, b + 1))',
  ])('%s is given up soon', (source) => {
    const program = compile(source, { variables });
    const start = performance.now();
    expect(() => program.evaluate({ big, text: long })).toThrow(
      'operation cancelled: actual cost limit exceeded',
    );
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it('is taken from the budget that expressions about an object share', () => {
    const budget = new CostBudget(100);
    const program = compile('[1, 2, 3].all(x, x > 0)', { variables });
    expect(program.evaluate({}, budget)).toBe(true);
    expect(budget.remaining).toBeLessThan(100);
    expect(() => {
      for (let turn = 0; turn < 100; turn++) program.evaluate({}, budget);
    }).toThrow(CelCostError);
  });

  it('does not grow with data that is not looked at', () => {
    const budget = new CostBudget();
    compile('object.spec.replicas == 3', { variables }).evaluate({ object: { ...object, big } }, budget);
    expect(10_000_000 - budget.remaining).toBeLessThan(20);
  });
});

describe('any expression', () => {
  const token = fc.constantFrom(
    'object',
    '.spec',
    '.?spec',
    '[0]',
    '[?0]',
    '.all(x, x)',
    '.map(x, x + x)',
    '.size()',
    '.matches("(a")',
    ' + ',
    ' == ',
    ' && ',
    ' in ',
    '1',
    '"a"',
    '2.5',
    '[1]',
    '{"a": 1}',
    '(',
    ')',
    '!',
    '-',
    ' ? ',
    ' : ',
    'duration("1s")',
    'type(1)',
    'quantity("1")',
    '.format([1])',
    'null',
    'true',
    '1u',
    'b"a"',
    'has(object.spec)',
  );

  it('gives a value, or one of the three errors', () => {
    fc.assert(
      fc.property(fc.array(token, { maxLength: 8 }), fc.jsonValue({ maxDepth: 3 }), (tokens, value) => {
        try {
          compile(tokens.join(''), { variables }).evaluate({ object: value });
        } catch (error) {
          const known = [CelCompileError, CelRuntimeError, CelCostError];
          expect(
            known.some((kind) => error instanceof kind),
            String(error),
          ).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('has', () => {
  it.each([
    ['has(a[0].b)', { a: [{ b: 1 }] }, true],
    ['has(a[0].c)', { a: [{ b: 1 }] }, false],
    ['a.all(one, has(one.list[0].b))', { a: [{ list: [{ b: 1 }] }] }, true],
  ])('asks for a field of any expression: %s', (source, bindings, expected) => {
    const program = compile(source, { variables: { a: 'dyn' }, returns: ['bool'] });
    expect(program.evaluate(bindings)).toBe(expected);
  });

  it('asks for fields only', () => {
    expect(() => compile('has(a)', { variables: { a: 'dyn' } })).toThrow('invalid argument to has() macro');
  });
});
