// Where clients reach a node, and how many came through each listener.
import type { Listener } from '../../api/listeners';
import { useQuery } from '../../api/use_query';
import { type Column, DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { Panel } from '../../parts/panel';
import { useText } from '../../text/text';
import { ListenerBadge, ListenerLoad } from '../listeners/listener_state';

const EVERY_MS = 5000;

export function NodeListeners() {
  const say = useText();
  const answer = useQuery<readonly Listener[]>('/listeners', { everyMs: EVERY_MS });
  const columns: readonly Column<Listener>[] = [
    { key: 'id', title: say('listener.name'), cell: listener => <code>{listener.id}</code> },
    { key: 'bind', title: say('listener.address'), cell: listener => <code>{listener.bind}</code> },
    { key: 'state', title: say('client.state'), cell: listener => <ListenerBadge listener={listener} /> },
    {
      key: 'connections',
      title: say('overview.connections'),
      isNumber: true,
      cell: listener => <ListenerLoad listener={listener} />,
    },
  ];
  return (
    <Panel isFlush title={say('page.listeners')} actions={<a href="#/listeners">{say('action.edit')}</a>}>
      <DataTable
        label={say('page.listeners')}
        columns={columns}
        rows={answer.data}
        answer={answer}
        rowKey={listener => listener.id}
        empty={<Empty icon="door" title={say('listeners.none')} />}
      />
    </Panel>
  );
}
