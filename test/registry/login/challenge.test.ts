import { expect, test } from 'vitest';
import { parseChallenges } from '../../../src/registry/login/challenge.ts';
import { fc } from '../../support/lib/properties.ts';

test.for([
  { name: 'an empty header', header: '', challenges: [] },
  { name: 'a scheme alone', header: 'Basic', challenges: [{ scheme: 'basic' }] },
  {
    name: 'bearer, as distribution sends it',
    header: 'Bearer realm="https://auth.test/token",service="r",scope="repository:a/b:pull"',
    challenges: [
      { scheme: 'bearer', realm: 'https://auth.test/token', service: 'r', scope: 'repository:a/b:pull' },
    ],
  },
  {
    name: 'commas inside quotes',
    header: 'Bearer realm="x",scope="repository:a:pull,push"',
    challenges: [{ scheme: 'bearer', realm: 'x', scope: 'repository:a:pull,push' }],
  },
  {
    name: 'white space around everything',
    header: ' Bearer   realm = "x" ,\tservice = y ',
    challenges: [{ scheme: 'bearer', realm: 'x', service: 'y' }],
  },
  { name: 'uppercase names', header: 'BEARER REALM="X"', challenges: [{ scheme: 'bearer', realm: 'X' }] },
  {
    name: 'escaped quotes',
    header: 'Basic realm="a \\"b\\" c"',
    challenges: [{ scheme: 'basic', realm: 'a "b" c' }],
  },
  { name: 'an empty value', header: 'Basic realm=""', challenges: [{ scheme: 'basic', realm: '' }] },
  {
    name: 'two challenges',
    header: 'Basic realm="a", Bearer realm="b",service="c"',
    challenges: [
      { scheme: 'basic', realm: 'a' },
      { scheme: 'bearer', realm: 'b', service: 'c' },
    ],
  },
  {
    name: 'a token68 before another challenge',
    header: 'Negotiate YWJj==, Basic realm="a"',
    challenges: [{ scheme: 'negotiate' }, { scheme: 'basic', realm: 'a' }],
  },
  {
    name: 'a scheme without parameters before another',
    header: 'Negotiate, Basic realm="a"',
    challenges: [{ scheme: 'negotiate' }, { scheme: 'basic', realm: 'a' }],
  },
  {
    name: 'empty elements of the list',
    header: ',, Basic realm="a",, ,service=b,',
    challenges: [{ scheme: 'basic', realm: 'a', service: 'b' }],
  },
  {
    name: 'a repeated parameter: the first counts',
    header: 'Basic realm=a,realm=b',
    challenges: [{ scheme: 'basic', realm: 'a' }],
  },
  { name: 'an unterminated quote', header: 'Bearer realm="https://x', challenges: [{ scheme: 'bearer' }] },
  { name: 'a URL without quotes', header: 'Bearer realm=https://x/y', challenges: [{ scheme: 'bearer' }] },
  {
    name: 'garbage after a parameter',
    header: 'Bearer realm="x" @@@, service="y"',
    challenges: [{ scheme: 'bearer' }],
  },
  { name: 'a parameter without a scheme', header: 'realm="x"', challenges: [] },
  { name: '__proto__', header: 'Basic __proto__=x', challenges: [{ scheme: 'basic', ['__proto__']: 'x' }] },
])('$name', ({ header, challenges }) => {
  const flat = parseChallenges(header).map(({ scheme, params }) => [['scheme', scheme], ...params]);
  expect(flat).toEqual(challenges.map((challenge) => Object.entries(challenge)));
});

test('any header is parsed without an error', () => {
  const piece = fc.constantFrom('Bearer', 'a', '=', '"', ',', ' ', '\\', 'x="y"', '\t', ';');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => pieces.join('')),
      ),
      (header) => Array.isArray(parseChallenges(header)),
    ),
  );
});

test('a long run of escapes is parsed in linear time', () => {
  expect(parseChallenges(`Bearer realm="${'\\a'.repeat(50_000)}`)).toHaveLength(1);
});
