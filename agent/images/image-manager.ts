import type { Container } from '#api/gen/types.ts';
import type { Clock } from '#api/clock.ts';
import type { ContainerRuntime } from '../runtime/runtime.ts';
import { imageNameProblem } from './image-name.ts';

/** Why a container has no image: `reason` and `message` are its waiting state. */
export class ImageError extends Error {
  readonly reason:
    | 'ErrImagePull'
    | 'ImagePullBackOff'
    | 'ErrImageNeverPull'
    | 'InvalidImageName'
    | 'ImageInspectError';
  /** When to try again, in milliseconds. */
  readonly retryAt: number;

  constructor(reason: ImageError['reason'], message: string, retryAt: number) {
    super(message);
    this.reason = reason;
    this.retryAt = retryAt;
  }
}

export interface ImageEvents {
  (type: 'Normal' | 'Warning', reason: string, message: string): void;
}

const FIRST_BACK_OFF_MILLISECONDS = 10_000;
const LAST_BACK_OFF_MILLISECONDS = 300_000;
/** How soon to look again for an image that is not to be pulled; somebody may build it. */
const NEVER_PULL_RETRY_MILLISECONDS = 10_000;

interface Failure {
  readonly delay: number;
  readonly until: number;
  readonly message: string;
}

/** Sees to it that a container's image is on the host (kubelet `images/image_manager.go`); one pull per image at a time. */
export class ImageManager {
  readonly #runtime: Pick<ContainerRuntime, 'image' | 'pullImage'>;
  readonly #clock: Clock;
  readonly #pulls = new Map<string, Promise<void>>();
  readonly #failures = new Map<string, Failure>();

  constructor(runtime: Pick<ContainerRuntime, 'image' | 'pullImage'>, clock: Clock) {
    this.#runtime = runtime;
    this.#clock = clock;
  }

  /** Resolves when the image is there; rejects with `ImageError`. `podUid`: back-off is counted for each Pod and image. */
  async ensure(podUid: string, container: Container, emit: ImageEvents): Promise<void> {
    const image = container.image ?? '';
    const problem = imageNameProblem(image);
    if (problem !== undefined) throw this.#invalidName(image, problem, emit);
    const policy = container.imagePullPolicy ?? 'IfNotPresent';
    const present = policy === 'Always' ? false : (await this.#runtime.image(image)) !== undefined;
    if (present) {
      emit(
        'Normal',
        'Pulled',
        `Container image "${image}" already present on machine and can be accessed by the pod`,
      );
    } else if (policy === 'Never') {
      throw this.#neverPull(image, emit);
    } else {
      await this.#pullUnlessBackOff(`${podUid}_${image}`, image, emit);
    }
  }

  /** Forgets the back-off of a Pod that is gone. */
  forget(podUid: string): void {
    for (const key of this.#failures.keys()) if (key.startsWith(`${podUid}_`)) this.#failures.delete(key);
  }

  #invalidName(image: string, problem: string, emit: ImageEvents): ImageError {
    const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": ${problem}`;
    emit('Warning', 'InspectFailed', message);
    emit('Warning', 'Failed', 'Error: InvalidImageName');
    return new ImageError('InvalidImageName', message, this.#clock.now() + LAST_BACK_OFF_MILLISECONDS);
  }

  #neverPull(image: string, emit: ImageEvents): ImageError {
    const message = `Container image "${image}" is not present with pull policy of Never`;
    emit('Warning', 'ErrImageNeverPull', message);
    emit('Warning', 'Failed', 'Error: ErrImageNeverPull');
    return new ImageError('ErrImageNeverPull', message, this.#clock.now() + NEVER_PULL_RETRY_MILLISECONDS);
  }

  async #pullUnlessBackOff(key: string, image: string, emit: ImageEvents): Promise<void> {
    const failure = this.#failures.get(key);
    if (failure !== undefined && failure.until > this.#clock.now()) {
      const message = `Back-off pulling image "${image}"`;
      emit('Normal', 'BackOff', message);
      emit('Warning', 'Failed', 'Error: ImagePullBackOff');
      throw new ImageError('ImagePullBackOff', `${message}: ErrImagePull: ${failure.message}`, failure.until);
    }
    await this.#pull(key, image, emit);
  }

  async #pull(key: string, image: string, emit: ImageEvents): Promise<void> {
    emit('Normal', 'Pulling', `Pulling image "${image}"`);
    const asked = this.#clock.now();
    let began = asked;
    try {
      await this.#onePull(image, () => {
        began = this.#clock.now();
      });
    } catch (error) {
      throw this.#failed(key, image, error instanceof Error ? error.message : String(error), emit);
    }
    this.#failures.delete(key);
    const ended = this.#clock.now();
    const size = (await this.#runtime.image(image))?.sizeBytes ?? 0;
    emit(
      'Normal',
      'Pulled',
      `Successfully pulled image "${image}" in ${duration(ended - began)} (${duration(ended - asked)} including waiting). Image size: ${size} bytes.`,
    );
  }

  #failed(key: string, image: string, message: string, emit: ImageEvents): ImageError {
    emit('Warning', 'Failed', `Failed to pull image "${image}": ${message}`);
    emit('Warning', 'Failed', 'Error: ErrImagePull');
    const delay = Math.min(
      (this.#failures.get(key)?.delay ?? FIRST_BACK_OFF_MILLISECONDS / 2) * 2,
      LAST_BACK_OFF_MILLISECONDS,
    );
    this.#failures.set(key, { delay, until: this.#clock.now() + delay, message });
    // Soon again, only to say that it backs off.
    return new ImageError('ErrImagePull', message, this.#clock.now() + 1000);
  }

  #onePull(image: string, began: () => void): Promise<void> {
    const running = this.#pulls.get(image);
    if (running !== undefined) return running;
    began();
    const pull = this.#runtime.pullImage(image).finally(() => this.#pulls.delete(image));
    this.#pulls.set(image, pull);
    return pull;
  }
}

const duration = (milliseconds: number): string =>
  milliseconds < 1000 ? `${milliseconds}ms` : `${milliseconds / 1000}s`;
