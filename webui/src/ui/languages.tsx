import { choose, language } from '../i18n';
import { useSignal } from '../signal';
import type { LanguageTag } from '../types';

export const LANGUAGES: [LanguageTag, string][] = [
  ['vi', 'Tiếng Việt'],
  ['en', 'English'],
];

export function LanguageLinks() {
  const now = useSignal(language);
  return (
    <p class="languages">
      {LANGUAGES.map(([tag, text]) => (
        <button key={tag} type="button" lang={tag} aria-pressed={tag === now} onClick={() => void choose(tag)}>
          {text}
        </button>
      ))}
    </p>
  );
}
