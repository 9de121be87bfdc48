import { describe, expect, test } from 'vitest';
import { formatReference, parseReference } from '../../src/image/reference.ts';
import { AppError } from '../../src/lib/errors.ts';
import { fc } from '../support/lib/properties.ts';

const DIGEST = `sha256:${'a1'.repeat(32)}`;

describe('references are normalized as by docker and containerd', () => {
  test.each([
    ['a bare name', 'nginx', 'docker.io/library/nginx:latest'],
    ['a tag', 'nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['a user on Docker Hub', 'wasmedge/example-wasi:latest', 'docker.io/wasmedge/example-wasi:latest'],
    ["Docker Hub's old host", 'index.docker.io/library/nginx', 'docker.io/library/nginx:latest'],
    ['another registry', 'ghcr.io/spinkube/app:v1', 'ghcr.io/spinkube/app:v1'],
    ['a deep repository', 'harbor.example/team/a/b/c:1', 'harbor.example/team/a/b/c:1'],
    ['a port', 'localhost:5000/hello', 'localhost:5000/hello:latest'],
    ['localhost without a port', 'localhost/hello:1', 'localhost/hello:1'],
    ['an IPv6 host', '[::1]:5000/hello:1', '[::1]:5000/hello:1'],
    ['a digest', `ghcr.io/x/y@${DIGEST}`, `ghcr.io/x/y@${DIGEST}`],
    ['a tag with a digest keeps both', `ghcr.io/x/y:v1@${DIGEST}`, `ghcr.io/x/y:v1@${DIGEST}`],
    ['an upper-case host', 'GHCR.io/x/y:1', 'ghcr.io/x/y:1'],
    ['a host that differs from a path only by its capitals', 'Host/a:1', 'Host/a:1'],
    ['underscores and dashes', 'ghcr.io/a__b/c--d.e:1', 'ghcr.io/a__b/c--d.e:1'],
  ])('%s', (_case, text, normal) => {
    expect(formatReference(parseReference(text))).toBe(normal);
  });
});

describe('an invalid reference gets an error that names the problem', () => {
  test.each([
    ['nothing', '', 'it is empty'],
    ['white space', 'ghcr.io/x/y :1', 'white space'],
    ['a scheme', 'https://ghcr.io/x/y', 'no scheme'],
    ['an upper-case repository', 'ghcr.io/Team/App', 'must be lower case'],
    ['a bad tag', 'nginx:-x', '"-x" is not a tag'],
    ['a short digest', 'nginx@sha256:abc', 'is not a digest'],
    ['an unknown digest algorithm', `nginx@md5:${'a'.repeat(32)}`, 'is not a digest'],
    ['an empty repository', 'ghcr.io/', 'is not a repository'],
    ['an empty component', 'ghcr.io/a//b', 'is not a repository'],
    ['a path that climbs', 'ghcr.io/../x', 'is not a repository'],
    ['a bare image ID', 'a1'.repeat(32), 'bare image ID'],
    ['a very long repository', `ghcr.io/${'a'.repeat(300)}`, 'longer than 255'],
  ])('%s', (_case, text, state) => {
    expect(() => parseReference(text)).toThrow(state);
    expect(() => parseReference(text)).toThrow(AppError);
  });
});

test('any text parses or throws a typed error, and the normal form is stable', () => {
  const pieces = fc.constantFrom(
    'a',
    'b.c',
    ':',
    '/',
    '@',
    '5000',
    'localhost',
    'A',
    '[::1]',
    'sha256:',
    '_',
    '-',
    ' ',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 12 }).map((list) => list.join('')),
  );
  fc.assert(
    fc.property(text, (input) => {
      try {
        const normal = formatReference(parseReference(input));
        expect(formatReference(parseReference(normal))).toBe(normal);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }),
  );
});
