// The family's rules as a file, and back.

import { get } from '../../api';
import { t } from '../../i18n';
import { edit } from '../../model/family';
import type { Family } from '../../types';
import { act, confirm, say } from '../../ui/messages';
import { Button, Card } from '../../ui/parts';
import { save } from '../activity/export';

export function Backup() {
  const restore = async (file: File | undefined) => {
    if (!file) return;
    let wanted: Family;
    try {
      wanted = JSON.parse(await file.text()) as Family;
    } catch {
      return say(t('not_a_backup'));
    }
    const sure = await confirm({ title: t('restore'), text: t('restore_text', { file: file.name }), yes: t('restore'), stop: true });
    if (!sure) return;
    let before: Family | undefined;
    const put = (wanted: Family) => () =>
      edit((family) => {
        before ??= structuredClone(family);
        for (const key of Object.keys(family)) delete (family as unknown as Record<string, unknown>)[key];
        Object.assign(family, wanted);
      });
    await act(put(wanted), t('restored'), () => put(before!)());
  };
  return (
    <>
      <Card>
        <p>{t('backup_text')}</p>
        <div class="row">
          <Button
            kind="main"
            onClick={() => act(async () => save('luytre-family.json', 'application/json', JSON.stringify(await get('family'), null, 1)))}
          >
            {t('backup_json')}
          </Button>
          <a class="button" href="/api/v1/backup" download="family.toml">
            {t('backup_toml')}
          </a>
        </div>
        <p class="hint">{t('backup_toml_hint')}</p>
      </Card>
      <Card title={t('restore')}>
        <label class="field">
          <span>{t('restore_file')}</span>
          <input type="file" accept=".json,application/json" onChange={(event) => restore(event.currentTarget.files?.[0])} />
        </label>
      </Card>
    </>
  );
}
