const DOMAIN =
  '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?/)?';
const PATH = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*';
const TAG = '(?::[\\w][\\w.-]{0,127})?';
const DIGEST = '(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?';
const REFERENCE = new RegExp(`^${DOMAIN}${PATH}${TAG}${DIGEST}$`);

/** Why an image's name cannot be read, in the words of `distribution/reference`; undefined when it can. */
export function imageNameProblem(image: string): string | undefined {
  if (REFERENCE.test(image)) return undefined;
  const uppercase = REFERENCE.test(image.toLowerCase());
  return uppercase ? 'repository name must be lowercase' : 'invalid reference format';
}
