/** Settings of the processes come by environment variables: one reader, one wording for what is wrong. */
import { readFileSync } from 'node:fs';

/** A setting is missing or wrong; the message names the variable and what it takes. */
export class SettingError extends Error {
  constructor(variable: string, problem: string) {
    super(`${variable}: ${problem}`);
    this.name = 'SettingError';
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

export function text(environment: Environment, variable: string, fallback?: string): string {
  const value = environment[variable];
  if (value !== undefined && value !== '') return value;
  if (fallback === undefined) throw new SettingError(variable, 'must be set');
  return fallback;
}

/** A whole number from `least` on. */
export function count(environment: Environment, variable: string, fallback: number, least = 0): number {
  const value = environment[variable];
  if (value === undefined || value === '') return fallback;
  const number = Number(value);
  if (!Number.isInteger(number) || number < least)
    throw new SettingError(
      variable,
      `must be a whole number of at least ${least}, not ${JSON.stringify(value)}`,
    );
  return number;
}

export function oneOf<T extends string>(
  environment: Environment,
  variable: string,
  choices: readonly T[],
  fallback: T,
): T {
  const value = environment[variable];
  if (value === undefined || value === '') return fallback;
  const choice = choices.find((one) => one === value);
  if (choice === undefined)
    throw new SettingError(variable, `must be one of ${choices.join(', ')}, not ${JSON.stringify(value)}`);
  return choice;
}

/** The value of `variable`, or what stands in the file that `variable_FILE` names. */
export function secret(environment: Environment, variable: string): string | undefined {
  const value = environment[variable];
  if (value !== undefined && value !== '') return value;
  const file = environment[`${variable}_FILE`];
  if (file === undefined || file === '') return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new SettingError(`${variable}_FILE`, `cannot be read: ${(error as Error).message}`);
  }
}
