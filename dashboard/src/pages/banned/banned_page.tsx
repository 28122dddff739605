// Who is kept out.
import { useState } from 'react';
import type { Page } from '../../api/page';
import { part, request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Button } from '../../parts/button';
import { Confirm } from '../../parts/confirm';
import { type Column, DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { TextField } from '../../parts/field';
import { Moment } from '../../parts/moment';
import { notify } from '../../parts/notices';
import { Pager } from '../../parts/pager';
import { PageHead, Panel } from '../../parts/panel';
import { useMayWrite } from '../../session/use_may_write';
import { useLater } from '../../state/use_later';
import { useText } from '../../text/text';
import { BanDialog } from './ban_dialog';

export interface Ban {
  readonly as: 'clientid' | 'username' | 'peerhost' | 'clientid_re' | 'username_re' | 'peerhost_net';
  readonly who: string;
  readonly by: string;
  readonly reason: string;
  readonly at: string | number;
  readonly until: string | number | null;
}

const LIMIT = 50;

export function BannedPage() {
  const say = useText();
  const mayWrite = useMayWrite();
  const [id, setId] = useState('');
  const [page, setPage] = useState(1);
  const [isAdding, setAdding] = useState(false);
  const [lifted, setLifted] = useState<Ban | null>(null);
  const answer = useQuery<Page<Ban>>('/banned', { query: { like_clientid: useLater(id), page, limit: LIMIT } });
  const lift = async (ban: Ban) => {
    await request('DELETE', `/banned/${ban.as}/${part(ban.who)}`);
    notify(say('ban.lifted', { who: ban.who }));
    answer.reload();
  };
  const columns: readonly Column<Ban>[] = [
    { key: 'who', title: say('ban.who'), cell: ban => <code>{ban.who}</code> },
    { key: 'as', title: say('ban.as'), cell: ban => say(`ban.as.${ban.as}`) },
    { key: 'reason', title: say('ban.reason'), cell: ban => ban.reason || <span className="faint">–</span> },
    { key: 'by', title: say('ban.by'), isMinor: true, cell: ban => ban.by },
    { key: 'at', title: say('ban.at'), isMinor: true, cell: ban => <Moment at={ban.at} /> },
    {
      key: 'until',
      title: say('ban.until'),
      isMinor: true,
      cell: ban => (ban.until === null || ban.until === 'infinity' ? say('word.for_ever') : <Moment at={ban.until} />),
    },
    {
      key: 'lift',
      title: '',
      cell: ban =>
        mayWrite && (
          <Button className="button-small" onClick={() => setLifted(ban)}>
            {say('ban.lift')}
          </Button>
        ),
    },
  ];
  return (
    <>
      <PageHead
        title={say('page.banned')}
        text={say('banned.text')}
        actions={
          mayWrite && (
            <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>
              {say('ban.add')}
            </Button>
          )
        }
      />
      <search className="filters">
        <TextField
          label={say('client.id')}
          type="search"
          value={id}
          onChange={event => {
            setId(event.target.value);
            setPage(1);
          }}
        />
      </search>
      <Panel isFlush>
        <DataTable
          label={say('page.banned')}
          columns={columns}
          rows={answer.data?.data}
          answer={answer}
          rowKey={ban => `${ban.as} ${ban.who}`}
          empty={<Empty icon="ban" title={say(id === '' ? 'banned.none' : 'banned.none_found')} />}
        />
        <Pager meta={answer.data?.meta} shown={answer.data?.data.length ?? 0} onPage={setPage} />
      </Panel>
      {isAdding && (
        <BanDialog
          onClose={() => {
            setAdding(false);
            answer.reload();
          }}
        />
      )}
      {lifted && (
        <Confirm
          title={say('ban.lift')}
          actionLabel={say('ban.lift')}
          onConfirm={() => lift(lifted)}
          onClose={() => setLifted(null)}
        >
          {say('ban.lift_text', { who: lifted.who })}
        </Confirm>
      )}
    </>
  );
}
