// What tables say of a listener: where it is, whether it runs, and how many connections it has of those it may have.
import type { Listener } from '../../api/listeners';
import { Badge } from '../../parts/badge';
import type { Column } from '../../parts/data_table';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';

export function useListenerColumns(): readonly Column<Listener>[] {
  const say = useText();
  return [
    {
      key: 'id',
      title: say('listener.name'),
      cell: listener => (
        <>
          <code>{listener.id}</code>
          <div>
            <code className="faint">{listener.bind}</code>
          </div>
        </>
      ),
    },
    { key: 'state', title: say('client.state'), cell: listener => <ListenerBadge listener={listener} /> },
    {
      key: 'connections',
      title: say('overview.connections'),
      isNumber: true,
      isMinor: true,
      cell: listener => <ListenerLoad listener={listener} />,
    },
  ];
}

function ListenerBadge({ listener }: { listener: Listener }) {
  const say = useText();
  return (
    <Badge tone={listener.running ? 'good' : 'neutral'}>
      {say(listener.running ? 'state.running' : 'state.stopped')}
    </Badge>
  );
}

function ListenerLoad({ listener: { status } }: { listener: Listener }) {
  const format = useFormat();
  const most = status.max_connections === 'infinity' ? '∞' : format.number(status.max_connections);
  return (
    <>
      {format.number(status.current_connections)} <span className="faint">/ {most}</span>
    </>
  );
}
