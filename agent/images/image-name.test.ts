import { describe, expect, test } from 'vitest';
import { imageNameProblem } from './image-name.ts';

describe('an image’s name', () => {
  test.each([
    'nginx',
    'nginx:alpine',
    'library/nginx:1.14.0-alpine',
    'registry.example:5000/a/b_c/d-e:v1',
    '127.0.0.1:9/x:1',
    `nginx@sha256:${'a'.repeat(64)}`,
  ])('%s is good', (name) => {
    expect(imageNameProblem(name)).toBeUndefined();
  });

  test.each([
    ['Nginx', 'repository name must be lowercase'],
    ['', 'invalid reference format'],
    ['nginx:', 'invalid reference format'],
    ['a b', 'invalid reference format'],
    ['/x', 'invalid reference format'],
    ['x@sha256:1', 'invalid reference format'],
  ])('%j has a problem: %s', (name, problem) => {
    expect(imageNameProblem(name)).toBe(problem);
  });
});
