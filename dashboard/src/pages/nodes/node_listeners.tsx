// Where clients reach a node, and how many came through each listener.
import type { Listener } from '../../api/listeners';
import { useQuery } from '../../api/use_query';
import { DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { Panel } from '../../parts/panel';
import { useText } from '../../text/text';
import { useListenerColumns } from '../listeners/listener_state';

const EVERY_MS = 5000;

export function NodeListeners() {
  const say = useText();
  const answer = useQuery<readonly Listener[]>('/listeners', { everyMs: EVERY_MS });
  return (
    <Panel isFlush title={say('page.listeners')} actions={<a href="#/listeners">{say('action.edit')}</a>}>
      <DataTable
        label={say('page.listeners')}
        columns={useListenerColumns()}
        rows={answer.data}
        answer={answer}
        rowKey={listener => listener.id}
        empty={<Empty icon="door" title={say('listeners.none')} />}
      />
    </Panel>
  );
}
