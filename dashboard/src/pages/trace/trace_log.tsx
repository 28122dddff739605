// The log of a trace, followed while it grows.
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { part, request, requestFile } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Button } from '../../parts/button';
import { Empty } from '../../parts/empty';
import { ErrorNote, useErrorText } from '../../parts/error_note';
import { CheckField } from '../../parts/field';
import { notify } from '../../parts/notices';
import { PageHead, Panel } from '../../parts/panel';
import { saveFile } from '../../parts/save_file';
import { useText } from '../../text/text';
import type { Trace } from './trace_list';

interface LogPart {
  readonly items: string;
  readonly meta: { readonly position: number; readonly bytes: number; readonly hint?: string };
}

const PART_BYTES = 100_000;
const EVERY_MS = 1000;
// So much of the end is kept in the page; the file has all of it.
const SHOWN_CHARACTERS_MAX = 400_000;

export function TraceLog({ name }: { name: string }) {
  const say = useText();
  const textOf = useErrorText();
  const [follows, setFollows] = useState(true);
  const traces = useQuery<readonly Trace[]>('/trace', { everyMs: 5000 });
  const trace = traces.data?.find(one => one.name === name);
  const { text, error } = useLog(name);
  const element = useRef<HTMLPreElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new text is what this is about
  useLayoutEffect(() => {
    if (follows && element.current) {
      element.current.scrollTop = element.current.scrollHeight;
    }
  }, [text, follows]);
  const download = () =>
    requestFile(`/trace/${part(name)}/download`).then(
      file => saveFile(file, `${name}.zip`),
      (refused: unknown) => notify(textOf(refused)),
    );
  return (
    <>
      <PageHead
        title={name}
        back={
          <a className="back" href="#/trace">
            ← {say('page.trace')}
          </a>
        }
        text={trace && <code>{trace.clientid ?? trace.topic ?? trace.ip_address}</code>}
        actions={
          <>
            <CheckField
              label={say('trace.follow')}
              checked={follows}
              onChange={event => setFollows(event.target.checked)}
            />
            <Button icon="download" onClick={download}>
              {say('action.download')}
            </Button>
          </>
        }
      />
      {error !== undefined && <ErrorNote error={error} />}
      <Panel isFlush>
        {text === '' ? (
          <Empty icon="trace" title={say('trace.quiet')}>
            {say('trace.quiet_text')}
          </Empty>
        ) : (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached with the keyboard
          <pre ref={element} className="log" role="log" tabIndex={0} aria-label={say('trace.log')}>
            {text}
          </pre>
        )}
      </Panel>
    </>
  );
}

function useLog(name: string): { text: string; error: unknown } {
  const [text, setText] = useState('');
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const controller = new AbortController();
    let timer: number | undefined;
    let position = 0;
    const ask = async () => {
      try {
        const query = { position, bytes: PART_BYTES };
        const { items, meta } = await request<LogPart>('GET', `/trace/${part(name)}/log`, {
          query,
          signal: controller.signal,
        });
        if (controller.signal.aborted) {
          return;
        }
        if (items !== '') {
          setText(before => (before + items).slice(-SHOWN_CHARACTERS_MAX));
        }
        const hasMore = meta.position > position && meta.hint === undefined && items.length >= PART_BYTES / 2;
        position = meta.position;
        setError(undefined);
        timer = window.setTimeout(ask, hasMore ? 0 : EVERY_MS);
      } catch (refused) {
        if (!controller.signal.aborted) {
          setError(refused);
          timer = window.setTimeout(ask, EVERY_MS * 5);
        }
      }
    };
    void ask();
    return () => {
      controller.abort();
      window.clearTimeout(timer);
    };
  }, [name]);
  return { text, error };
}
