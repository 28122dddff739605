// All clients, page by page, found by id, user name, address or state.
import { useState } from 'react';
import { type Client, protocolName } from '../../api/clients';
import type { Page } from '../../api/page';
import { useQuery } from '../../api/use_query';
import { Badge } from '../../parts/badge';
import { type Column, DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { SelectField, TextField } from '../../parts/field';
import { Moment } from '../../parts/moment';
import { Pager } from '../../parts/pager';
import { PageHead, Panel } from '../../parts/panel';
import { linkTo } from '../../state/route';
import { useLater } from '../../state/use_later';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';
import { PastClient } from './past_client';

const LIMIT = 50;
const EVERY_MS = 5000;

export function ClientList() {
  const say = useText();
  const [id, setId] = useState('');
  const [username, setUsername] = useState('');
  const [state, setState] = useState('');
  const [page, setPage] = useState(1);
  const wanted = useLater(id);
  const query = {
    like_clientid: wanted,
    like_username: useLater(username),
    conn_state: state,
    page,
    limit: LIMIT,
  };
  const answer = useQuery<Page<Client>>('/clients', { query, everyMs: EVERY_MS });
  const columns = useColumns();
  // Who left, or was never let in, is not in the list, but has a past.
  const isSought = wanted !== '' && !answer.isLoading && answer.data?.data.every(one => one.clientid !== wanted);
  const isFiltered = id !== '' || username !== '' || state !== '';
  const filtered = (set: (value: string) => void) => (value: string) => {
    set(value);
    setPage(1);
  };
  return (
    <>
      <PageHead title={say('page.clients')} text={say('clients.text')} />
      <search className="filters">
        <TextField
          label={say('client.id')}
          type="search"
          value={id}
          onChange={event => filtered(setId)(event.target.value)}
        />
        <TextField
          label={say('client.username')}
          type="search"
          value={username}
          onChange={event => filtered(setUsername)(event.target.value)}
        />
        <SelectField
          label={say('client.state')}
          value={state}
          onChange={event => filtered(setState)(event.target.value)}
          choices={[
            { value: '', label: say('filter.all') },
            { value: 'connected', label: say('state.connected') },
            { value: 'disconnected', label: say('state.disconnected') },
          ]}
        />
      </search>
      {isSought && <PastClient id={wanted} />}
      <Panel isFlush>
        <DataTable
          label={say('page.clients')}
          columns={columns}
          rows={answer.data?.data}
          answer={answer}
          rowKey={client => client.clientid}
          empty={
            <Empty icon="devices" title={say(isFiltered ? 'clients.none_found' : 'clients.none')}>
              {!isFiltered && say('clients.none_text')}
            </Empty>
          }
        />
        <Pager meta={answer.data?.meta} shown={answer.data?.data.length ?? 0} onPage={setPage} />
      </Panel>
    </>
  );
}

function useColumns(): readonly Column<Client>[] {
  const say = useText();
  const format = useFormat();
  return [
    {
      key: 'id',
      title: say('client.id'),
      cell: client => <a href={linkTo('clients', [client.clientid])}>{client.clientid}</a>,
    },
    { key: 'state', title: say('client.state'), cell: client => <ConnectionBadge client={client} /> },
    {
      key: 'username',
      title: say('client.username'),
      isMinor: true,
      cell: client => client.username ?? <span className="faint">–</span>,
    },
    {
      key: 'address',
      title: say('client.address'),
      isMinor: true,
      cell: client =>
        client.ip_address === null ? <span className="faint">–</span> : `${client.ip_address}:${client.port}`,
    },
    { key: 'protocol', title: say('client.protocol'), isMinor: true, cell: protocolName },
    {
      key: 'subscriptions',
      title: say('client.subscriptions'),
      isNumber: true,
      isMinor: true,
      cell: client => format.number(client.subscriptions_cnt),
    },
    { key: 'queue', title: say('client.queue'), isNumber: true, cell: client => format.number(client.mqueue_len) },
    {
      key: 'since',
      title: say('client.since'),
      isMinor: true,
      cell: client => (
        <Moment at={client.connected ? client.connected_at : (client.disconnected_at ?? client.connected_at)} />
      ),
    },
  ];
}

export function ConnectionBadge({ client }: { client: Pick<Client, 'connected'> }) {
  const say = useText();
  return (
    <Badge tone={client.connected ? 'good' : 'neutral'}>
      {say(client.connected ? 'state.connected' : 'state.disconnected')}
    </Badge>
  );
}
