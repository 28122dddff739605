// Something asked of the API for as long as a component shows it: asked again from time to time, given up when it goes.
import { useCallback, useEffect, useRef, useState } from 'react';
import { type Query, RequestError, request } from './request';

export interface Answer<T> {
  // The latest answer; stays while the next is on its way or fails, so that nothing jumps.
  readonly data: T | undefined;
  readonly error: RequestError | undefined;
  readonly isLoading: boolean;
  reload(): void;
}

export interface QueryOptions {
  readonly query?: Query;
  // Milliseconds between an answer and the next question; never again without it.
  readonly everyMs?: number;
}

interface Held<T> {
  readonly key: string;
  readonly data: T | undefined;
  readonly error: RequestError | undefined;
}

// `path` null asks nothing.
export function useQuery<T>(path: string | null, options: QueryOptions = {}): Answer<T> {
  const { everyMs } = options;
  const key = JSON.stringify([path, options.query ?? {}]);
  const [held, setHeld] = useState<Held<T>>({ key: '', data: undefined, error: undefined });
  const [round, setRound] = useState(0);
  const query = useRef(options.query);
  query.current = options.query;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the query, `round` for wishes to ask again
  useEffect(() => {
    if (path === null) {
      return;
    }
    const controller = new AbortController();
    let timer: number | undefined;
    const later = () => {
      if (everyMs !== undefined && !controller.signal.aborted) {
        timer = window.setTimeout(ask, everyMs);
      }
    };
    const ask = () => {
      // Nobody looks: ask when somebody does.
      if (document.hidden) {
        document.addEventListener('visibilitychange', ask, { once: true, signal: controller.signal });
        return;
      }
      request<T>('GET', path, { ...(query.current && { query: query.current }), signal: controller.signal }).then(
        data => {
          if (!controller.signal.aborted) {
            setHeld({ key, data, error: undefined });
            later();
          }
        },
        (error: unknown) => {
          if (!controller.signal.aborted) {
            const refused = error instanceof RequestError ? error : new RequestError(0, '', String(error), undefined);
            setHeld(before => ({ key, data: refused.status === 404 ? undefined : before.data, error: refused }));
            later();
          }
        },
      );
    };
    ask();
    return () => {
      controller.abort();
      window.clearTimeout(timer);
    };
  }, [path, key, everyMs, round]);

  const reload = useCallback(() => setRound(before => before + 1), []);
  return {
    data: held.data,
    error: held.key === key ? held.error : undefined,
    isLoading: path !== null && held.key !== key,
    reload,
  };
}
