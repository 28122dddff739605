// All subscriptions of all clients.
import { useState } from 'react';
import type { Subscription } from '../../api/clients';
import type { Page } from '../../api/page';
import { useQuery } from '../../api/use_query';
import { type Column, DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { SelectField, TextField } from '../../parts/field';
import { Pager } from '../../parts/pager';
import { PageHead, Panel } from '../../parts/panel';
import { useSubscriptionColumns } from '../../parts/subscription_columns';
import { linkTo } from '../../state/route';
import { useLater } from '../../state/use_later';
import { useText } from '../../text/text';

const LIMIT = 50;
const EVERY_MS = 5000;

export function SubscriptionsPage() {
  const say = useText();
  const subscriptionColumns = useSubscriptionColumns();
  const [clientid, setClientId] = useState('');
  const [topic, setTopic] = useState('');
  const [group, setGroup] = useState('');
  const [qos, setQos] = useState('');
  const [page, setPage] = useState(1);
  const query = {
    clientid: useLater(clientid),
    match_topic: useLater(topic),
    share_group: useLater(group),
    qos,
    page,
    limit: LIMIT,
  };
  const answer = useQuery<Page<Subscription>>('/subscriptions', { query, everyMs: EVERY_MS });
  const isFiltered = clientid !== '' || topic !== '' || group !== '' || qos !== '';
  const filter = (label: string, value: string, set: (value: string) => void) => (
    <TextField
      label={label}
      type="search"
      value={value}
      onChange={event => {
        set(event.target.value);
        setPage(1);
      }}
    />
  );
  const columns: readonly Column<Subscription>[] = [
    {
      key: 'client',
      title: say('client.id'),
      cell: one => <a href={linkTo('clients', [one.clientid])}>{one.clientid}</a>,
    },
    ...subscriptionColumns,
  ];
  return (
    <>
      <PageHead title={say('page.subscriptions')} text={say('subscriptions.text')} />
      <search className="filters">
        {filter(say('client.id'), clientid, setClientId)}
        {filter(say('subscriptions.matching'), topic, setTopic)}
        {filter(say('subscriptions.group'), group, setGroup)}
        <SelectField
          label="QoS"
          value={qos}
          onChange={event => {
            setQos(event.target.value);
            setPage(1);
          }}
          choices={['', '0', '1', '2'].map(value => ({ value, label: value === '' ? say('filter.all') : value }))}
        />
      </search>
      <Panel isFlush>
        <DataTable
          label={say('page.subscriptions')}
          columns={columns}
          rows={answer.data?.data}
          answer={answer}
          rowKey={one => `${one.clientid}\u0000${one.topic}`}
          empty={
            <Empty icon="list" title={say(isFiltered ? 'subscriptions.none_found' : 'subscriptions.none')}>
              {!isFiltered && say('subscriptions.none_text')}
            </Empty>
          }
        />
        <Pager meta={answer.data?.meta} shown={answer.data?.data.length ?? 0} onPage={setPage} />
      </Panel>
    </>
  );
}
