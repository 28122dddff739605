// Configuration and what is stored beside it, exported into files and restored from them.
import { type ChangeEvent, useRef, useState } from 'react';
import type { Page } from '../../api/page';
import { part, request, requestFile } from '../../api/request';
import { useQuery } from '../../api/use_query';
import { Button } from '../../parts/button';
import { Confirm } from '../../parts/confirm';
import { type Column, DataTable } from '../../parts/data_table';
import { Empty } from '../../parts/empty';
import { Moment } from '../../parts/moment';
import { notify } from '../../parts/notices';
import { PageHead, Panel } from '../../parts/panel';
import { saveFile } from '../../parts/save_file';
import { useAction } from '../../parts/use_action';
import { useMayWrite } from '../../session/use_may_write';
import { useFormat } from '../../text/format';
import { useText } from '../../text/text';
import { ExportDialog } from './export_dialog';
import { RestoreDialog } from './restore_dialog';

export interface BackupFile {
  readonly filename: string;
  readonly node: string;
  readonly created_at: string;
  readonly size: number;
}

const LIMIT = 100;
const pathOf = (file: BackupFile) => `/data/files/${part(file.filename)}`;

export function BackupPage() {
  const say = useText();
  const mayWrite = useMayWrite();
  const answer = useQuery<Page<BackupFile>>('/data/files', { query: { limit: LIMIT } });
  const act = useAction(answer.reload);
  const input = useRef<HTMLInputElement>(null);
  const [isMaking, setMaking] = useState(false);
  const [restored, setRestored] = useState<BackupFile | null>(null);
  const [removed, setRemoved] = useState<BackupFile | null>(null);
  const remove = async (file: BackupFile) => {
    await request('DELETE', pathOf(file));
    notify(say('backup.removed', { name: file.filename }));
    answer.reload();
  };
  const upload = async (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    event.target.value = '';
    if (file) {
      const body = new FormData();
      body.append('filename', file, file.name);
      await act(() => request('POST', '/data/files', { body }), say('backup.uploaded', { name: file.name }));
    }
  };
  return (
    <>
      <PageHead
        title={say('page.backup')}
        text={say('backup.text')}
        actions={
          mayWrite && (
            <>
              <input
                ref={input}
                className="hidden"
                type="file"
                tabIndex={-1}
                aria-label={say('backup.upload')}
                accept=".gz,.tar.gz"
                onChange={upload}
              />
              <Button onClick={() => input.current?.click()}>{say('backup.upload')}</Button>
              <Button kind="primary" icon="archive" onClick={() => setMaking(true)}>
                {say('backup.make')}
              </Button>
            </>
          )
        }
      />
      <Panel isFlush>
        <DataTable
          label={say('page.backup')}
          columns={useColumns(setRestored, setRemoved)}
          rows={answer.data?.data}
          answer={answer}
          rowKey={file => `${file.node} ${file.filename}`}
          empty={
            <Empty icon="archive" title={say('backup.none')}>
              {say('backup.none_text')}
            </Empty>
          }
        />
      </Panel>
      {isMaking && (
        <ExportDialog
          onClose={() => {
            setMaking(false);
            answer.reload();
          }}
        />
      )}
      {restored && <RestoreDialog filename={restored.filename} onClose={() => setRestored(null)} />}
      {removed && (
        <Confirm
          title={say('backup.remove')}
          actionLabel={say('action.remove')}
          onConfirm={() => remove(removed)}
          onClose={() => setRemoved(null)}
        >
          {say('backup.remove_text', { name: removed.filename })}
        </Confirm>
      )}
    </>
  );
}

function useColumns(
  restore: (file: BackupFile) => void,
  remove: (file: BackupFile) => void,
): readonly Column<BackupFile>[] {
  const say = useText();
  const format = useFormat();
  const mayWrite = useMayWrite();
  const act = useAction();
  const download = async (file: BackupFile) => saveFile(await requestFile(pathOf(file)), file.filename);
  return [
    { key: 'name', title: say('backup.file'), cell: file => <code>{file.filename}</code> },
    { key: 'at', title: say('backup.at'), isMinor: true, cell: file => <Moment at={file.created_at} /> },
    { key: 'size', title: say('message.size'), isNumber: true, isMinor: true, cell: file => format.bytes(file.size) },
    {
      key: 'actions',
      title: '',
      cell: file =>
        mayWrite && (
          <>
            <Button
              className="button-small"
              onClick={() => act(() => download(file), say('backup.downloaded', { name: file.filename }))}
            >
              {say('action.download')}
            </Button>
            <Button className="button-small" onClick={() => restore(file)}>
              {say('backup.restore')}
            </Button>
            <Button className="button-small" kind="danger" onClick={() => remove(file)}>
              {say('action.remove')}
            </Button>
          </>
        ),
    },
  ];
}
