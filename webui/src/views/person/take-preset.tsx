// Limits that are taken over as they are: of a whole group, and of single ones of it that somebody names.

import { useState } from 'preact/hooks';
import { post } from '../../api';
import { compare, language, named, t } from '../../i18n';
import { refresh } from '../../model/family';
import type { Names } from '../../model/names';
import type { Preset } from '../../types';
import { say } from '../../ui/messages';
import { Button, Sheet, Trouble } from '../../ui/parts';
import { useAction } from '../../use';

interface Props {
  preset: Preset;
  who: string;
  names: Names;
  onClose(): void;
  onDone(): Promise<unknown>;
}

export function TakePreset({ preset, who, names, onClose, onDone }: Props) {
  const [chosen, setChosen] = useState<string[]>([]);
  const { busy, problem, run } = useAction();
  const those = names.services.filter(({ group }) => group.key === preset.group).sort((a, b) => compare(named(a), named(b)));
  const toggle = (key: string) => setChosen(chosen.includes(key) ? chosen.filter((other) => other !== key) : [...chosen, key]);
  const take = () =>
    run(async () => {
      await post(`presets/${preset.key}`, { who, services: chosen });
      await refresh();
      await onDone();
      say(t('saved'));
      onClose();
    });
  return (
    <Sheet title={named(preset)} onClose={onClose}>
      <p>{preset[`because_${language.get()}`]}</p>
      <fieldset class="stack">
        <legend>{t('preset_each')}</legend>
        {those.map((service) => (
          <label class="check" key={service.key}>
            <input type="checkbox" checked={chosen.includes(service.key)} onChange={() => toggle(service.key)} />
            {named(service)}
          </label>
        ))}
      </fieldset>
      <Button kind="main" busy={busy} onClick={take}>
        {t('preset_take')}
      </Button>
      <Trouble problem={problem} />
    </Sheet>
  );
}
