// A table of things of the API. It has as much room while it waits as it had before, so that nothing jumps.
import type { ReactNode } from 'react';
import type { Answer } from '../api/use_query';
import { useText } from '../text/text';
import { ErrorNote } from './error_note';

export interface Column<T> {
  readonly key: string;
  readonly title: string;
  readonly isNumber?: boolean;
  // Left out where there is little room.
  readonly isMinor?: boolean;
  cell(row: T): ReactNode;
}

export interface DataTableProps<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[] | undefined;
  readonly answer: Pick<Answer<unknown>, 'error' | 'isLoading' | 'reload'>;
  readonly empty: ReactNode;
  rowKey(row: T): string;
}

const WAITING_ROWS = ['a', 'b', 'c', 'd', 'e'];

export function DataTable<T>({ label, columns, rows, answer, empty, rowKey }: DataTableProps<T>) {
  const say = useText();
  if (rows === undefined && answer.error !== undefined) {
    return <ErrorNote error={answer.error} onRetry={answer.reload} />;
  }
  if (rows?.length === 0 && !answer.isLoading) {
    return empty;
  }
  return (
    <>
      {answer.error !== undefined && <ErrorNote error={answer.error} onRetry={answer.reload} />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached with the keyboard */}
      <section className="table-scroll" aria-label={label} tabIndex={0}>
        <table className="table" aria-busy={answer.isLoading}>
          <caption className="hidden">{label}</caption>
          <thead>
            <tr>
              {columns.map(column => (
                <th key={column.key} scope="col" className={classOf(column)}>
                  {column.title === '' ? <span className="hidden">{say('table.actions')}</span> : column.title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows === undefined
              ? WAITING_ROWS.map(row => <WaitingRow key={row} columns={columns.length} />)
              : rows.map(row => (
                  <tr key={rowKey(row)}>
                    {columns.map(column => (
                      <td key={column.key} className={classOf(column)}>
                        {column.cell(row)}
                      </td>
                    ))}
                  </tr>
                ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function WaitingRow({ columns }: { columns: number }) {
  return (
    <tr>
      <td colSpan={columns}>
        <span className="waiting" />
      </td>
    </tr>
  );
}

function classOf<T>(column: Column<T>): string {
  return [column.isNumber && 'cell-number', column.isMinor && 'cell-minor', column.title === '' && 'cell-actions']
    .filter(Boolean)
    .join(' ');
}
