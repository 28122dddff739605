// Keys of the configuration.
import { Button } from '../../parts/button';
import { type Column, DataTable } from '../../parts/data_table';
import { useText } from '../../text/text';
import type { KeyLine } from './key_lines';

const SECRET = '******';
// The file of what was changed at run time.
const CHANGES = 'cluster.hocon';

export function KeyTable({
  lines,
  onEdit,
  onReset,
}: {
  lines: readonly KeyLine[] | undefined;
  onEdit: ((line: KeyLine) => void) | undefined;
  onReset: ((line: KeyLine) => void) | undefined;
}) {
  const say = useText();
  const columns: readonly Column<KeyLine>[] = [
    { key: 'key', title: say('settings.key'), cell: line => <code>{line.key}</code> },
    { key: 'value', title: say('settings.value'), cell: line => <code>{line.value}</code> },
    {
      key: 'origin',
      title: say('settings.origin'),
      isMinor: true,
      cell: line =>
        line.isDefault ? (
          <span className="faint">{say('settings.default')}</span>
        ) : (
          <span className="tag">{line.origin}</span>
        ),
    },
    {
      key: 'edit',
      title: '',
      cell: line => (
        <>
          {onEdit && !line.value.includes(SECRET) && (
            <Button
              className="button-small"
              aria-label={`${say('action.edit')}: ${line.key}`}
              onClick={() => onEdit(line)}
            >
              {say('action.edit')}
            </Button>
          )}
          {onReset && line.origin.includes(CHANGES) && (
            <Button
              className="button-small"
              aria-label={`${say('action.reset')}: ${line.key}`}
              title={say('settings.reset_hint')}
              onClick={() => onReset(line)}
            >
              {say('action.reset')}
            </Button>
          )}
        </>
      ),
    },
  ];
  return (
    <DataTable
      label={say('page.settings')}
      columns={columns}
      rows={lines}
      answer={{ error: undefined, isLoading: lines === undefined, reload: () => undefined }}
      rowKey={line => line.key}
      empty={null}
    />
  );
}
