// Who changed what, and how it went.
import { useState } from 'react';
import type { Page } from '../../api/page';
import { useQuery } from '../../api/use_query';
import { Badge } from '../../parts/badge';
import { type Column, DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { SelectField, TextField } from '../../parts/field';
import { Moment } from '../../parts/moment';
import { Pager } from '../../parts/pager';
import { PageHead, Panel } from '../../parts/panel';
import { useLater } from '../../state/use_later';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';

interface Entry {
  readonly created_at: string;
  readonly from: 'dashboard' | 'rest_api' | 'cli' | 'erlang_console';
  readonly source: string;
  readonly source_ip: string;
  readonly operation_id: string;
  readonly operation_result: 'success' | 'failure';
  readonly http_status_code?: number;
  readonly http_method?: string;
  readonly failure?: string;
  readonly duration_ms: number;
}

const LIMIT = 50;
const EVERY_MS = 10_000;
const FROM = ['dashboard', 'rest_api', 'cli'] as const;

export function AuditPage() {
  const say = useText();
  const [source, setSource] = useState('');
  const [from, setFrom] = useState('');
  const [result, setResult] = useState('');
  const [page, setPage] = useState(1);
  const query = { source: useLater(source), from, operation_result: result, page, limit: LIMIT };
  const answer = useQuery<Page<Entry>>('/audit', { query, everyMs: EVERY_MS });
  const filtered = (set: (value: string) => void) => (event: { target: { value: string } }) => {
    set(event.target.value);
    setPage(1);
  };
  const all = { value: '', label: say('filter.all') };
  return (
    <>
      <PageHead title={say('page.audit')} text={say('audit.text')} />
      <search className="filters">
        <TextField label={say('audit.who')} type="search" value={source} onChange={filtered(setSource)} />
        <SelectField
          label={say('audit.from')}
          value={from}
          onChange={filtered(setFrom)}
          choices={[all, ...FROM.map(value => ({ value, label: say(`audit.from.${value}`) }))]}
        />
        <SelectField
          label={say('audit.result')}
          value={result}
          onChange={filtered(setResult)}
          choices={[all, ...(['success', 'failure'] as const).map(value => ({ value, label: say(`audit.${value}`) }))]}
        />
      </search>
      <Panel isFlush>
        <DataTable
          label={say('page.audit')}
          columns={useColumns()}
          rows={answer.data?.data}
          answer={answer}
          rowKey={entry => `${entry.created_at} ${entry.operation_id} ${entry.source} ${entry.duration_ms}`}
          empty={
            <Empty icon="list" title={say('audit.none')}>
              {say('audit.none_text')}
            </Empty>
          }
        />
        <Pager meta={answer.data?.meta} shown={answer.data?.data.length ?? 0} onPage={setPage} />
      </Panel>
    </>
  );
}

function useColumns(): readonly Column<Entry>[] {
  const say = useText();
  const format = useFormat();
  return [
    { key: 'at', title: say('audit.at'), cell: entry => <Moment at={entry.created_at} /> },
    { key: 'who', title: say('audit.who'), cell: entry => entry.source || <span className="faint">–</span> },
    {
      key: 'what',
      title: say('audit.what'),
      cell: entry => (
        <code>
          {entry.http_method && `${entry.http_method.toUpperCase()} `}
          {entry.operation_id}
        </code>
      ),
    },
    {
      key: 'result',
      title: say('audit.result'),
      cell: entry => (
        <Badge tone={entry.operation_result === 'success' ? 'good' : 'bad'}>
          {say(`audit.${entry.operation_result}`)} {entry.http_status_code}
        </Badge>
      ),
    },
    {
      key: 'from',
      title: say('audit.from'),
      isMinor: true,
      cell: entry => (entry.from === 'erlang_console' ? entry.from : say(`audit.from.${entry.from}`)),
    },
    {
      key: 'address',
      title: say('client.address'),
      isMinor: true,
      cell: entry => entry.source_ip || <span className="faint">–</span>,
    },
    {
      key: 'took',
      title: say('audit.took'),
      isNumber: true,
      isMinor: true,
      cell: entry => `${format.number(entry.duration_ms)} ms`,
    },
  ];
}
