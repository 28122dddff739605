// Configuration and what is stored beside it, exported into files and taken back.
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

interface BackupFile {
  readonly filename: string;
  readonly node: string;
  readonly created_at: string;
  readonly size: number;
}

const LIMIT = 100;

export function BackupPage() {
  const say = useText();
  const mayWrite = useMayWrite();
  const answer = useQuery<Page<BackupFile>>('/data/files', { query: { limit: LIMIT } });
  const act = useAction(answer.reload);
  const input = useRef<HTMLInputElement>(null);
  const [isBusy, setBusy] = useState(false);
  const [imported, setImported] = useState<BackupFile | null>(null);
  const take = async (file: BackupFile) => {
    await request('POST', '/data/import', { body: { filename: file.filename } });
    notify(say('backup.imported', { name: file.filename }));
  };
  const make = async () => {
    setBusy(true);
    await act(() => request('POST', '/data/export', { body: {} }), say('backup.made'));
    setBusy(false);
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
              <Button kind="primary" icon="archive" disabled={isBusy} onClick={make}>
                {say('backup.make')}
              </Button>
            </>
          )
        }
      />
      <Panel isFlush>
        <DataTable
          label={say('page.backup')}
          columns={useColumns(answer.reload, setImported)}
          rows={answer.data?.data}
          answer={answer}
          rowKey={file => `${file.node} ${file.filename}`}
          empty={<Empty icon="archive" title={say('backup.none')} />}
        />
      </Panel>
      {imported && (
        <Confirm
          title={say('backup.import')}
          actionLabel={say('backup.import')}
          onConfirm={() => take(imported)}
          onClose={() => setImported(null)}
        >
          {say('backup.import_text', { name: imported.filename })}
        </Confirm>
      )}
    </>
  );
}

function useColumns(reload: () => void, take: (file: BackupFile) => void): readonly Column<BackupFile>[] {
  const say = useText();
  const format = useFormat();
  const mayWrite = useMayWrite();
  const act = useAction(reload);
  const path = (file: BackupFile) => `/data/files/${part(file.filename)}`;
  const download = async (file: BackupFile) => saveFile(await requestFile(path(file)), file.filename);
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
            <Button className="button-small" onClick={() => take(file)}>
              {say('backup.import')}
            </Button>
            <Button
              className="button-small"
              kind="danger"
              onClick={() => act(() => request('DELETE', path(file)), say('backup.removed', { name: file.filename }))}
            >
              {say('action.remove')}
            </Button>
          </>
        ),
    },
  ];
}
