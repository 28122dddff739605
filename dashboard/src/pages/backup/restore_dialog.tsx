// A backup is restored: first a question, then what was done, and what was not.
import { useState } from 'react';
import { request } from '../../api/request';
import { Badge } from '../../parts/badge';
import { Button } from '../../parts/button';
import { Confirm } from '../../parts/confirm';
import { Dialog } from '../../parts/dialog';
import { type Fact, Facts } from '../../parts/facts';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';
import { TABLE_SETS } from './export_dialog';

interface Report {
  // Product and version that have written the archive.
  readonly origin: string;
  readonly roots: readonly string[];
  readonly entries: Readonly<Record<string, number>>;
  readonly files: number;
  readonly left_out: readonly string[];
  readonly warnings: readonly string[];
}

export function RestoreDialog({ filename, onClose }: { filename: string; onClose(): void }) {
  const say = useText();
  const [report, setReport] = useState<Report | null>(null);
  const restore = async () => {
    setReport(await request<Report>('POST', '/data/import', { query: { report: true }, body: { filename } }));
  };
  if (report !== null) {
    return (
      <Dialog title={say('backup.report')} onClose={onClose}>
        <RestoreReport report={report} />
        <div className="form-actions">
          <Button kind="primary" onClick={onClose}>
            {say('action.close')}
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Confirm
      title={say('backup.restore')}
      actionLabel={say('backup.restore')}
      staysOpen
      onConfirm={restore}
      onClose={onClose}
    >
      {say('backup.restore_text', { name: filename })}
    </Confirm>
  );
}

function RestoreReport({ report }: { report: Report }) {
  const say = useText();
  const format = useFormat();
  const isWhole = report.left_out.length === 0 && report.warnings.length === 0;
  const tables = TABLE_SETS.filter(set => (report.entries[set] ?? 0) > 0);
  const facts: readonly Fact[] = [
    [say('backup.origin'), report.origin],
    [say('backup.part.configuration'), report.roots.length > 0 ? report.roots.join(', ') : say('backup.nothing')],
    ...tables.map((set): Fact => [say(`backup.part.${set}`), format.number(report.entries[set] ?? 0)]),
    [say('backup.files'), format.number(report.files)],
  ];
  return (
    <div className="report">
      <Badge tone={isWhole ? 'good' : 'warning'}>{say(isWhole ? 'backup.whole' : 'backup.not_whole')}</Badge>
      <Facts facts={facts} />
      <ReportLines title={say('backup.left_out')} lines={report.left_out} />
      <ReportLines title={say('backup.warnings')} lines={report.warnings} />
    </div>
  );
}

function ReportLines({ title, lines }: { title: string; lines: readonly string[] }) {
  return (
    lines.length > 0 && (
      <section>
        <h3>{title}</h3>
        <ul className="report-lines">
          {lines.map(line => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </section>
    )
  );
}
