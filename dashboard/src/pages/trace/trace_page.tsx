// Traces: everything that happens to one client, one topic or one address, written down.
import { useRoute } from '../../state/route';
import { TraceList } from './trace_list';
import { TraceLog } from './trace_log';

export function TracePage() {
  const [name] = useRoute().rest;
  return name === undefined ? <TraceList /> : <TraceLog key={name} name={name} />;
}
