// The configuration as it counts: every key, its value, and where that came from. Keys can be changed where they stand.
import { useEffect, useState } from 'react';
import { part, RequestError, request, requestText } from '../../api/request';
import { Button } from '../../parts/button';
import { ChoiceBar } from '../../parts/choice_bar';
import { Empty } from '../../parts/empty';
import { ErrorNote } from '../../parts/error_note';
import { TextField } from '../../parts/field';
import { PageHead, Panel } from '../../parts/panel';
import { useAction } from '../../parts/use_action';
import { useMayWrite } from '../../session/use_may_write';
import { useText } from '../../text/text';
import { type KeyLine, keyLines } from './key_lines';
import { KeyTable } from './key_table';
import { LoadDialog } from './load_dialog';

const LINES_MAX = 400;

export function SettingsPage() {
  const say = useText();
  const mayWrite = useMayWrite();
  const [lines, setLines] = useState<readonly KeyLine[]>();
  const [error, setError] = useState<RequestError>();
  const [round, setRound] = useState(0);
  const [wanted, setWanted] = useState('');
  const [shown, setShown] = useState('set');
  const [loaded, setLoaded] = useState<string | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` stands for wishes to ask again
  useEffect(() => {
    const controller = new AbortController();
    requestText('GET', '/configs', { query: { origins: true }, signal: controller.signal }).then(
      text => {
        setLines(keyLines(text));
        setError(undefined);
      },
      (refused: unknown) => {
        if (!controller.signal.aborted) {
          setError(refused instanceof RequestError ? refused : new RequestError(0, '', String(refused), undefined));
        }
      },
    );
    return () => controller.abort();
  }, [round]);

  const needle = wanted.trim().toLowerCase();
  const found = lines?.filter(line => (shown === 'all' || !line.isDefault) && line.key.toLowerCase().includes(needle));
  const reload = () => setRound(before => before + 1);
  const act = useAction(reload);
  // It is then what the file says, or the default.
  const reset = ({ key }: KeyLine) => {
    const [root = '', ...below] = key.split('.');
    const query = { conf_path: below.join('.') };
    return act(() => request('POST', `/configs_reset/${part(root)}`, { query }), say('settings.reset', { key }));
  };
  return (
    <>
      <PageHead
        title={say('page.settings')}
        text={say('settings.text')}
        actions={
          <>
            <ChoiceBar
              label={say('settings.shown')}
              choices={[
                { value: 'set', label: say('settings.set') },
                { value: 'all', label: say('settings.all') },
              ]}
              value={shown}
              onChange={setShown}
            />
            {mayWrite && <Button onClick={() => setLoaded('')}>{say('settings.change')}</Button>}
          </>
        }
      />
      <search className="filters">
        <TextField
          label={say('settings.search')}
          type="search"
          value={wanted}
          onChange={event => setWanted(event.target.value)}
        />
      </search>
      {error && <ErrorNote error={error} onRetry={reload} />}
      <Panel isFlush>
        {found?.length === 0 ? (
          <Empty icon="settings" title={say('settings.none')} />
        ) : (
          <KeyTable
            lines={found?.slice(0, LINES_MAX)}
            onReset={mayWrite ? reset : undefined}
            onEdit={mayWrite ? line => setLoaded(`${line.key} = ${line.value}\n`) : undefined}
          />
        )}
        {(found?.length ?? 0) > LINES_MAX && (
          <p className="pager faint">{say('settings.more', { count: LINES_MAX })}</p>
        )}
      </Panel>
      {loaded !== null && (
        <LoadDialog
          text={loaded}
          onClose={() => {
            setLoaded(null);
            reload();
          }}
        />
      )}
    </>
  );
}
