// The log as a file.

import type { Question } from '../../types';

const COLUMNS = ['time', 'who', 'name', 'type', 'verdict', 'reason', 'rule', 'categories'] as const;

/** RFC 4180, with a byte order mark, without which spreadsheets take Vietnamese for something else. */
export function toCsv(questions: Question[]): string {
  const rows = questions.map((question) => COLUMNS.map((column) => cell(String(question[column]))).join(','));
  return '\ufeff' + [COLUMNS.join(','), ...rows].join('\r\n') + '\r\n';
}

/** A cell that no spreadsheet takes for a formula: names come from whoever asks. */
function cell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replace(/"/g, '""')}"` : plain;
}

export function save(name: string, kind: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: kind }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
