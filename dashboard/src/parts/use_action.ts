// Something done at the API by a button: says afterwards that it is done, or why not.
import { useErrorText } from './error_note';
import { notify } from './notices';

export type Act = (action: () => Promise<unknown>, done: string) => Promise<void>;

// `after` comes in either case: what is shown may be out of date.
export function useAction(after?: () => void): Act {
  const textOf = useErrorText();
  return async (action, done) => {
    try {
      await action();
      notify(done);
    } catch (error) {
      notify(textOf(error));
    }
    after?.();
  };
}
