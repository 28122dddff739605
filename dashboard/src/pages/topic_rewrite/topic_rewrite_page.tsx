// Rules by which topics become others, in the order in which they are tried.
import { useState } from 'react';
import { request } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Button } from '../../parts/button';
import { type Column, DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { moved, OrderButtons } from '../../parts/order_buttons';
import { PageHead, Panel } from '../../parts/panel';
import { RowActions } from '../../parts/row_actions';
import { useAction } from '../../parts/use_action';
import { useMayWrite } from '../../session/use_may_write';
import { useText } from '../../text/text';
import { RewriteDialog, type RewriteRule } from './rewrite_dialog';

const PATH = '/mqtt/topic_rewrite';

interface Placed {
  readonly at: number;
  readonly rule: RewriteRule;
}

export function TopicRewritePage() {
  const say = useText();
  const mayWrite = useMayWrite();
  const answer = useQuery<readonly RewriteRule[]>(PATH);
  const [edited, setEdited] = useState<number | 'new' | null>(null);
  // They are written the other way round: of two that select a topic, the later one decides.
  const rules = answer.data?.toReversed();
  const put = async (next: readonly RewriteRule[]) => {
    await request('PUT', PATH, { body: next.toReversed() });
    answer.reload();
  };
  const save = (rule: RewriteRule) => {
    const before = rules ?? [];
    return put(edited === 'new' ? [rule, ...before] : before.map((one, at) => (at === edited ? rule : one)));
  };
  return (
    <>
      <PageHead
        title={say('page.topic_rewrite')}
        text={say('rewrite.text')}
        actions={
          mayWrite && (
            <Button kind="primary" icon="plus" onClick={() => setEdited('new')}>
              {say('rewrite.add')}
            </Button>
          )
        }
      />
      <Panel isFlush>
        <DataTable
          label={say('page.topic_rewrite')}
          columns={useColumns(rules ?? [], put, setEdited)}
          rows={rules?.map((rule, at): Placed => ({ at, rule }))}
          answer={answer}
          rowKey={({ at, rule }) => `${at} ${JSON.stringify(rule)}`}
          empty={
            <Empty icon="swap" title={say('rewrite.none')}>
              {say('rewrite.none_text')}
            </Empty>
          }
        />
      </Panel>
      {edited !== null && (
        <RewriteDialog
          rule={edited === 'new' ? undefined : rules?.[edited]}
          onSave={save}
          onClose={() => setEdited(null)}
        />
      )}
    </>
  );
}

function useColumns(
  rules: readonly RewriteRule[],
  put: (rules: readonly RewriteRule[]) => Promise<void>,
  edit: (at: number) => void,
): readonly Column<Placed>[] {
  const say = useText();
  const act = useAction();
  return [
    {
      key: 'action',
      title: say('rewrite.action'),
      isMinor: true,
      cell: ({ rule }) => say(`rewrite.action.${rule.action}`),
    },
    { key: 'source', title: say('rewrite.source'), cell: ({ rule }) => <code>{rule.source_topic}</code> },
    { key: 're', title: say('rewrite.re'), isMinor: true, cell: ({ rule }) => <code>{rule.re}</code> },
    { key: 'dest', title: say('rewrite.dest'), cell: ({ rule }) => <code>{rule.dest_topic}</code> },
    {
      key: 'actions',
      title: '',
      cell: ({ at, rule }) => (
        <RowActions
          onEdit={() => edit(at)}
          onRemove={() => act(() => put(rules.filter((_, other) => other !== at)), say('rewrite.removed'))}
        >
          <OrderButtons
            name={rule.source_topic}
            at={at}
            count={rules.length}
            onMove={to => act(() => put(moved(rules, at, to)), say('order.done'))}
          />
        </RowActions>
      ),
    },
  ];
}
