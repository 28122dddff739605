// One client: what it is, what happened to it, what it subscribed to, and what waits for it. Of one that is not here there is its past.
import { useState } from 'react';
import { type Client, protocolName } from '../../api/clients';
import { part, request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Badge } from '../../parts/badge';
import { Button } from '../../parts/button';
import { ChoiceBar } from '../../parts/choice_bar';
import { Confirm } from '../../parts/confirm';
import { ErrorNote } from '../../parts/error_note';
import { type Fact, Facts } from '../../parts/facts';
import { Moment } from '../../parts/moment';
import { notify } from '../../parts/notices';
import { PageHead, Panel } from '../../parts/panel';
import { useMayWrite } from '../../session/use_may_write';
import { goTo, linkTo, replaceQuery, useRoute } from '../../state/route';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';
import { ConnectionBadge } from './client_list';
import { ClientSubscriptions } from './client_subscriptions';
import { ClientTimeline } from './client_timeline';
import { HeldMessageList } from './held_message_list';

const EVERY_MS = 5000;
// As MQTT 5.0 has it.
const EXPIRY_NEVER_SECONDS = 0xffff_ffff;
const TABS = ['subscriptions', 'timeline', 'mqueue_messages', 'inflight_messages'] as const;
type Tab = (typeof TABS)[number];
const TAB_TITLES = {
  subscriptions: 'client.subscriptions',
  timeline: 'client.timeline',
  mqueue_messages: 'client.queue',
  inflight_messages: 'client.inflight',
} as const;

export function ClientDetail({ id }: { id: string }) {
  const say = useText();
  const mayWrite = useMayWrite();
  const wanted = useRoute().query.get('tab');
  const tab = TABS.find(one => one === wanted) ?? 'subscriptions';
  const [isKicking, setKicking] = useState(false);
  const path = `/clients/${part(id)}`;
  const answer = useQuery<Client>(path, { everyMs: EVERY_MS });
  const client = answer.data;
  const kick = async () => {
    await request('DELETE', path);
    notify(say('client.kicked', { id }));
    goTo('clients');
  };
  const isGone = answer.error?.status === 404;
  return (
    <>
      <PageHead
        title={id}
        back={
          <a className="back" href="#/clients">
            ← {say('page.clients')}
          </a>
        }
        text={
          isGone ? <Badge tone="neutral">{say('state.gone')}</Badge> : client && <ConnectionBadge client={client} />
        }
        actions={
          mayWrite && (
            <>
              <a className="button button-plain" href={linkTo('trace', [], { clientid: id })}>
                {say('client.trace')}
              </a>
              {client && (
                <Button kind="danger" onClick={() => setKicking(true)}>
                  {say('client.kick')}
                </Button>
              )}
            </>
          )
        }
      />
      {answer.error && !isGone && <ErrorNote error={answer.error} onRetry={answer.reload} />}
      {isGone && <ClientTimeline id={id} />}
      {client && (
        <>
          <ClientFacts client={client} />
          <div className="tabs">
            <ChoiceBar
              label={say('client.parts')}
              choices={TABS.map(value => ({ value, label: say(TAB_TITLES[value]) }))}
              value={tab}
              onChange={value => replaceQuery({ tab: value })}
            />
          </div>
          <ClientPart id={id} tab={tab} />
        </>
      )}
      {isKicking && (
        <Confirm
          title={say('client.kick')}
          actionLabel={say('client.kick')}
          onConfirm={kick}
          onClose={() => setKicking(false)}
        >
          {say('client.kick_text', { id })}
        </Confirm>
      )}
    </>
  );
}

function ClientPart({ id, tab }: { id: string; tab: Tab }) {
  if (tab === 'subscriptions') {
    return <ClientSubscriptions id={id} />;
  }
  return tab === 'timeline' ? <ClientTimeline id={id} /> : <HeldMessageList key={tab} id={id} kind={tab} />;
}

function ClientFacts({ client }: { client: Client }) {
  const say = useText();
  const format = useFormat();
  const of = (count: number, max: number | 'infinity') =>
    `${format.number(count)} / ${max === 'infinity' ? '∞' : format.number(max)}`;
  const keepAlive = (seconds: number) =>
    seconds === 0 ? say('client.keepalive_off') : format.duration(seconds * 1000);
  const expiry = (seconds: number) => {
    if (seconds === 0) {
      return say('client.expiry_with_connection');
    }
    return seconds >= EXPIRY_NEVER_SECONDS ? say('word.never') : format.duration(seconds * 1000);
  };
  const attributes = Object.entries(client.client_attrs ?? {});
  const always: readonly Fact[] = [
    [say('client.username'), client.username],
    [say('client.address'), client.ip_address === null ? null : `${client.ip_address}:${client.port}`],
    [say('client.listener'), client.listener],
    [say('client.protocol'), protocolName(client)],
    [say('client.keepalive'), client.keepalive === null ? null : keepAlive(client.keepalive)],
    [say('client.connected_at'), <Moment key="connected" at={client.connected_at} />],
    [say('client.clean_start'), say(client.clean_start ? 'word.yes' : 'word.no')],
    [say('client.expiry'), expiry(client.expiry_interval)],
    [say('client.durable'), say(client.durable ? 'word.yes' : 'word.no')],
    [say('client.subscriptions'), of(client.subscriptions_cnt, client.subscriptions_max)],
    [say('client.queue'), of(client.mqueue_len, client.mqueue_max)],
    [say('client.inflight'), of(client.inflight_cnt, client.inflight_max)],
    [say('client.zone'), client.zone],
  ];
  const sometimes: readonly Fact[] = [
    [
      say('client.disconnected_at'),
      client.disconnected_at && <Moment key="disconnected" at={client.disconnected_at} />,
    ],
    [say('client.mountpoint'), client.mountpoint],
    [say('client.attributes'), attributes.length > 0 ? attributes.map(pair => pair.join(' = ')).join(', ') : null],
  ];
  return (
    <Panel>
      <Facts facts={[...always, ...sometimes.filter(([, value]) => value)]} />
    </Panel>
  );
}
