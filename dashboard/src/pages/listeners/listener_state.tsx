// Whether a listener runs, and how many connections it has of those it may have.
import type { Listener } from '../../api/listeners';
import { Badge } from '../../parts/badge';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';

export function ListenerBadge({ listener }: { listener: Listener }) {
  const say = useText();
  return (
    <Badge tone={listener.running ? 'good' : 'neutral'}>
      {say(listener.running ? 'state.running' : 'state.stopped')}
    </Badge>
  );
}

export function ListenerLoad({ listener: { status } }: { listener: Listener }) {
  const format = useFormat();
  const most = status.max_connections === 'infinity' ? '∞' : format.number(status.max_connections);
  return (
    <>
      {format.number(status.current_connections)} <span className="faint">/ {most}</span>
    </>
  );
}
