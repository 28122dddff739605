// Rules of the built-in database: for single users, for single clients, and for everybody.
import { useState } from 'react';
import type { Page } from '../../api/page';
import { part, request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Button } from '../../parts/button';
import { ChoiceBar } from '../../parts/choice_bar';
import { type Column, DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { JsonDialog } from '../../parts/json_dialog';
import { notify } from '../../parts/notices';
import { Pager } from '../../parts/pager';
import { PageHead, Panel } from '../../parts/panel';
import { useAction } from '../../parts/use_action';
import { useMayWrite } from '../../session/use_may_write';
import { useText } from '../../text/text';

interface Rule {
  readonly topic: string;
  readonly permission: string;
  readonly action: string;
}

interface Subject {
  readonly username?: string;
  readonly clientid?: string;
  readonly rules: readonly Rule[];
}

type Kind = 'users' | 'clients' | 'all';

const BASE = '/authorization/sources/built_in_database/rules';
const LIMIT = 50;
const EXAMPLE: readonly Rule[] = [{ topic: 'plant/#', permission: 'allow', action: 'subscribe' }];

export function BuiltInRules() {
  const say = useText();
  const mayWrite = useMayWrite();
  const [kind, setKind] = useState<Kind>('users');
  const [page, setPage] = useState(1);
  const [edited, setEdited] = useState<Subject | 'new' | null>(null);
  const query = kind === 'all' ? {} : { page, limit: LIMIT };
  const answer = useQuery<Page<Subject> & { readonly rules?: readonly Rule[] }>(`${BASE}/${kind}`, { query });
  const rows = kind === 'all' ? answer.data?.rules && [{ rules: answer.data.rules }] : answer.data?.data;
  const key = kind === 'users' ? 'username' : 'clientid';
  const save = async (value: unknown) => {
    if (kind === 'all') {
      await request('POST', `${BASE}/all`, { body: value });
    } else if (edited === 'new') {
      await request('POST', `${BASE}/${kind}`, { body: [value] });
    } else if (edited) {
      await request('PUT', `${BASE}/${kind}/${part(edited[key] ?? '')}`, { body: value });
    }
    notify(say('rules.saved'));
    answer.reload();
  };
  const kinds: readonly { value: Kind; label: string }[] = [
    { value: 'users', label: say('rules.users') },
    { value: 'clients', label: say('rules.clients') },
    { value: 'all', label: say('rules.all') },
  ];
  return (
    <>
      <PageHead
        title={say('rules.title')}
        text={say('rules.text')}
        back={
          <a className="back" href="#/authorization">
            ← {say('page.authorization')}
          </a>
        }
        actions={
          mayWrite &&
          kind !== 'all' && (
            <Button kind="primary" icon="plus" onClick={() => setEdited('new')}>
              {say('rules.add')}
            </Button>
          )
        }
      />
      <div className="tabs">
        <ChoiceBar
          label={say('rules.whose')}
          choices={kinds}
          value={kind}
          onChange={value => {
            setKind(kinds.find(one => one.value === value)?.value ?? kind);
            setPage(1);
          }}
        />
      </div>
      <Panel isFlush>
        <DataTable
          label={say('rules.title')}
          columns={useColumns(kind, setEdited, answer.reload)}
          rows={rows}
          answer={answer}
          rowKey={one => one.username ?? one.clientid ?? ''}
          empty={<Empty icon="shield" title={say('authorization.none')} />}
        />
        {kind !== 'all' && <Pager meta={answer.data?.meta} shown={rows?.length ?? 0} onPage={setPage} />}
      </Panel>
      {edited !== null && (
        <JsonDialog
          title={say('rules.title')}
          value={edited === 'new' ? { [key]: '', rules: EXAMPLE } : edited}
          onSave={save}
          onClose={() => setEdited(null)}
        />
      )}
    </>
  );
}

function useColumns(kind: Kind, edit: (subject: Subject) => void, reload: () => void): readonly Column<Subject>[] {
  const say = useText();
  const mayWrite = useMayWrite();
  const act = useAction(reload);
  const nameOf = (subject: Subject) => subject.username ?? subject.clientid ?? '';
  return [
    {
      key: 'who',
      title: say('ban.who'),
      cell: subject => (kind === 'all' ? say('rules.all') : <strong>{nameOf(subject)}</strong>),
    },
    {
      key: 'rules',
      title: say('rules.rules'),
      cell: subject => (
        <ol className="rules">
          {subject.rules.map(rule => (
            <li key={JSON.stringify(rule)}>
              <span className="tag">{rule.permission}</span> {rule.action} <code>{rule.topic}</code>
            </li>
          ))}
        </ol>
      ),
    },
    {
      key: 'actions',
      title: '',
      cell: subject =>
        mayWrite && (
          <>
            <Button className="button-small" onClick={() => edit(subject)}>
              {say('action.edit')}
            </Button>
            {kind !== 'all' && (
              <Button
                className="button-small"
                kind="danger"
                onClick={() =>
                  act(
                    () => request('DELETE', `${BASE}/${kind}/${part(nameOf(subject))}`),
                    say('rules.removed', { name: nameOf(subject) }),
                  )
                }
              >
                {say('action.remove')}
              </Button>
            )}
          </>
        ),
    },
  ];
}
