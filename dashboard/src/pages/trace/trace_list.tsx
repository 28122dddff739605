// All traces.
import { useState } from 'react';
import { part, request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Badge } from '../../parts/badge';
import { Button } from '../../parts/button';
import { type Column, DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { Moment } from '../../parts/moment';
import { PageHead, Panel } from '../../parts/panel';
import { useAction } from '../../parts/use_action';
import { useMayWrite } from '../../session/use_may_write';
import { linkTo, replaceQuery, useRoute } from '../../state/route';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';
import { TraceDialog } from './trace_dialog';

export interface Trace {
  readonly name: string;
  readonly type: 'clientid' | 'topic' | 'ip_address';
  readonly clientid?: string;
  readonly topic?: string;
  readonly ip_address?: string;
  readonly start_at: string;
  readonly end_at: string;
  readonly status: string;
  readonly log_size: Readonly<Record<string, number>>;
}

const EVERY_MS = 5000;

export function TraceList() {
  const say = useText();
  const mayWrite = useMayWrite();
  const answer = useQuery<readonly Trace[]>('/trace', { everyMs: EVERY_MS });
  const clientId = useRoute().query.get('clientid') ?? '';
  const [isAdding, setAdding] = useState(clientId !== '' && mayWrite);
  return (
    <>
      <PageHead
        title={say('page.trace')}
        text={say('trace.text')}
        actions={
          mayWrite && (
            <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>
              {say('trace.add')}
            </Button>
          )
        }
      />
      <Panel isFlush>
        <DataTable
          label={say('page.trace')}
          columns={useColumns(answer.reload)}
          rows={answer.data}
          answer={answer}
          rowKey={trace => trace.name}
          empty={
            <Empty icon="trace" title={say('trace.none')}>
              {say('trace.none_text')}
            </Empty>
          }
        />
      </Panel>
      {isAdding && (
        <TraceDialog
          clientId={clientId}
          onClose={() => {
            setAdding(false);
            replaceQuery({});
            answer.reload();
          }}
        />
      )}
    </>
  );
}

function useColumns(reload: () => void): readonly Column<Trace>[] {
  const say = useText();
  const format = useFormat();
  const mayWrite = useMayWrite();
  const act = useAction(reload);
  return [
    { key: 'name', title: say('trace.name'), cell: trace => <a href={linkTo('trace', [trace.name])}>{trace.name}</a> },
    {
      key: 'what',
      title: say('trace.what'),
      cell: trace => <code>{trace.clientid ?? trace.topic ?? trace.ip_address}</code>,
    },
    { key: 'status', title: say('client.state'), cell: trace => <TraceBadge trace={trace} /> },
    { key: 'start', title: say('trace.start'), isMinor: true, cell: trace => <Moment at={trace.start_at} /> },
    { key: 'end', title: say('trace.end'), isMinor: true, cell: trace => <Moment at={trace.end_at} /> },
    {
      key: 'size',
      title: say('trace.size'),
      isNumber: true,
      isMinor: true,
      cell: trace => format.bytes(Object.values(trace.log_size).reduce((sum, size) => sum + size, 0)),
    },
    {
      key: 'actions',
      title: '',
      cell: trace =>
        mayWrite && (
          <>
            {trace.status === 'running' && (
              <Button
                className="button-small"
                onClick={() =>
                  act(
                    () => request('PUT', `/trace/${part(trace.name)}/stop`),
                    say('trace.stopped', { name: trace.name }),
                  )
                }
              >
                {say('action.stop')}
              </Button>
            )}
            <Button
              className="button-small"
              kind="danger"
              onClick={() =>
                act(() => request('DELETE', `/trace/${part(trace.name)}`), say('trace.removed', { name: trace.name }))
              }
            >
              {say('action.remove')}
            </Button>
          </>
        ),
    },
  ];
}

function TraceBadge({ trace }: { trace: Trace }) {
  const say = useText();
  if (trace.status === 'running') {
    return <Badge tone="good">{say('state.running')}</Badge>;
  }
  return (
    <Badge tone={trace.status === 'waiting' ? 'warning' : 'neutral'}>
      {say(trace.status === 'waiting' ? 'state.waiting' : 'state.stopped')}
    </Badge>
  );
}
