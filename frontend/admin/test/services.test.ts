import { beforeEach, describe, expect, test } from 'vitest';
import { mostShown, read, written } from '../assigned';
import { fitting, opened, put } from '../placeholders';
import { services } from '../services';

const buttons = ['up', 'down', 'remove']
  .map((what) => `<button type="button" data-row="${what}"></button>`)
  .join('');

/** A form of a service as the server writes it; only what the script looks at. */
function page(
  changes: {
    type?: string;
    trigger?: string;
    variables?: string;
    dispositions?: string;
    operators?: string;
  } = {},
): HTMLFormElement {
  const {
    type = 'inbound',
    trigger = 'browser',
    variables = 'calldata\nlanguage',
    dispositions = 'Sold\nCall back',
    operators = 'ada 5 Ada Lovelace',
  } = changes;
  const option = (value: string, chosen: string) =>
    `<option${value === chosen ? ' selected' : ''}>${value}</option>`;
  document.body.innerHTML = `<form data-service>
    <select name="type">${['inbound', 'outbound'].map((v) => option(v, type)).join('')}</select>
    <p id="out" data-when="type=outbound"></p>
    <select name="trigger">${['browser', 'application', 'none'].map((v) => option(v, trigger)).join('')}</select>
    <p id="opens" data-when="trigger=browser application"></p>
    <div data-completes="trigger=browser"><input id="f-application" name="application"></div>
    <dl><dd data-placeholder="callerid_num">The caller’s number</dd><dd data-placeholder="queue">The queue</dd></dl>
    <div id="service-check"></div>
    <div data-rows="variables"><textarea id="f-variables" name="variables" aria-invalid="true">${variables}</textarea><ol></ol>
      <button type="button" data-row="add">Add</button>
      <template><li><input><input>${buttons}</li></template></div>
    <div data-rows="dispositions"><textarea id="f-dispositions" name="dispositions" aria-invalid="true">${dispositions}</textarea><ol></ol>
      <button type="button" data-row="add">Add</button>
      <template><li><input>${buttons}</li></template></div>
    <div data-operators><textarea id="f-operators" name="operators">${operators}</textarea><input type="search" id="find">
      <ul id="found-operators"></ul><strong data-count></strong><ul data-assigned></ul><p data-rest hidden></p>
      <template><li><input type="checkbox" data-user checked><bdi data-name></bdi><small data-login></small><input type="number" data-penalty></li></template></div>
  </form>`;
  services(document);
  return document.querySelector('form') as HTMLFormElement;
}

const at = <T extends HTMLElement>(selector: string) => document.querySelector(selector) as T;
const all = (selector: string) => [...document.querySelectorAll<HTMLInputElement>(selector)];
const press = (on: Element, key: string, more: KeyboardEventInit = {}) => {
  const e = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more });
  on.dispatchEvent(e);
  return e;
};
const fire = (on: Element, event: string) => on.dispatchEvent(new Event(event, { bubbles: true }));
const type = (input: HTMLInputElement, text: string, caret = text.length) => {
  input.value = text;
  if (input.type !== 'number') input.setSelectionRange(caret, caret);
  fire(input, 'input');
};

beforeEach(() => document.body.replaceChildren());

describe('placeholders', () => {
  test.each([
    ['id={', 4, { at: 3, name: '' }],
    ['id={cal', 7, { at: 3, name: 'cal' }],
    ['id={cal}', 8, null],
    ['{{cal', 5, null],
    ['{{{cal', 6, { at: 2, name: 'cal' }],
    ['{a b', 4, null],
    ['{cal&x={', 4, { at: 0, name: 'cal' }],
    ['plain', 5, null],
  ])('%s: what is begun at %i', (text, caret, want) => expect(opened(text, caret)).toEqual(want));

  test.each([
    ['id={ca', 6, 'calldata', 'id={calldata}', 13],
    ['id={ca&x=1', 6, 'calldata', 'id={calldata}&x=1', 13],
    ['id={ca}&x=1', 6, 'calldata', 'id={calldata}&x=1', 13],
    ['id={calldata}', 4, 'queue', 'id={queue}', 10],
  ])('%s: put in at %i', (text, caret, name, want, after) =>
    expect(put(text, caret, 3, name)).toEqual({ text: want, caret: after }),
  );

  test('names that begin so come first', () => {
    const list = ['callerid_num', 'queue', 'num', 'service'].map((name) => ({ name, about: '' }));
    expect(fitting(list, 'NUM').map(({ name }) => name)).toEqual(['num', 'callerid_num']);
    expect(fitting(list, '')).toHaveLength(4);
  });
});

describe('completion', () => {
  const names = () => all('[role=option]').map((one) => one.querySelector('code')?.textContent);

  test('offers the variables of the service, then the built-in names', () => {
    page();
    const input = at<HTMLInputElement>('#f-application');
    expect(input.getAttribute('aria-expanded')).toBe('false');
    type(input, 'https://crm.example/{');
    expect(names()).toEqual(['{calldata}', '{language}', '{callerid_num}', '{queue}']);
    expect(input.getAttribute('aria-expanded')).toBe('true');
    expect(at('[role=option]:nth-child(3)').textContent).toContain('The caller’s number');
  });

  test('by keyboard: arrows go round, Enter puts in and saves nothing', () => {
    const form = page();
    const input = at<HTMLInputElement>('#f-application');
    type(input, '{');
    press(input, 'ArrowUp');
    expect(at(`#${input.getAttribute('aria-activedescendant')}`).getAttribute('aria-selected')).toBe('true');
    expect(at(`#${input.getAttribute('aria-activedescendant')}`).textContent).toContain('{queue}');
    let heard = 0;
    form.addEventListener('input', () => heard++);
    expect(press(input, 'Enter').defaultPrevented).toBe(true);
    expect(input.value).toBe('{queue}');
    expect(heard).toBe(1); // for the check
    expect(names()).toEqual([]);
    expect(press(input, 'Enter').defaultPrevented).toBe(false);
  });

  test('Escape closes the list and not the dialog', () => {
    page();
    const input = at<HTMLInputElement>('#f-application');
    type(input, '{');
    let outside = 0;
    document.body.addEventListener('keydown', () => outside++, { once: true });
    expect(press(input, 'Escape').defaultPrevented).toBe(true);
    expect([names(), input.getAttribute('aria-expanded'), outside]).toEqual([[], 'false', 0]);
  });

  test('by mouse', () => {
    page();
    const input = at<HTMLInputElement>('#f-application');
    type(input, 'x{la');
    fire(at('[role=option]'), 'mousedown');
    expect(input.value).toBe('x{language}');
  });

  test('a program’s name has no placeholders', () => {
    page({ trigger: 'application' });
    type(at<HTMLInputElement>('#f-application'), '{');
    expect(names()).toEqual([]);
  });
});

describe('the form', () => {
  test('shows what concerns the type and the trigger', () => {
    const form = page();
    expect([at('#out').hidden, at('#opens').hidden]).toEqual([true, false]);
    for (const [name, value] of [
      ['type', 'outbound'],
      ['trigger', 'none'],
    ])
      at<HTMLSelectElement>(`[name=${name}]`).value = value ?? '';
    fire(form, 'change');
    expect([at('#out').hidden, at('#opens').hidden]).toEqual([false, true]);
  });

  test('marks the field that the check finds fault with, and frees it again', () => {
    page();
    at('#service-check').innerHTML = '<p data-fault="application"></p>';
    services(document);
    expect(at('#f-application').getAttribute('aria-invalid')).toBe('true');
    at('#service-check').innerHTML = '';
    services(document);
    expect(at('#f-application').hasAttribute('aria-invalid')).toBe(false);
  });
});

describe('the test', () => {
  /** What comes of a check that knows these values, while the test asks for that of calldata. */
  const tried = (check: string) => {
    page();
    let asked = 0;
    const form = at('form');
    form.insertAdjacentHTML('beforeend', '<button type="button" data-try></button><div class="trial"></div>');
    at('.trial').innerHTML = '<input name="sample-calldata">';
    at('[data-try]').addEventListener('click', () => asked++);
    at('#service-check').innerHTML = check;
    services(document);
    services(document);
    return asked;
  };

  test('asks anew, once, when other values are to be put in', () => {
    expect(tried('<span data-names="sample-calldata sample-queue "></span>')).toBe(1);
  });

  test('stays as it is while they are the same, and while something is wrong', () => {
    expect(tried('<span data-names="sample-calldata "></span>')).toBe(0);
    expect(tried('<span data-names=""></span><p data-fault="application"></p>')).toBe(0);
  });
});

describe('variables', () => {
  const sent = () => at<HTMLTextAreaElement>('[name=variables]').value;
  const names = () => all('[data-rows=variables] li > input:first-child');
  const labels = () => all('[data-rows=variables] li > input + input');

  test('are rows that are added, moved and removed', () => {
    page();
    expect(names().map(({ value }) => value)).toEqual(['calldata', 'language']);
    at('ol li:nth-child(2) [data-row=up]').click();
    expect(sent()).toBe('language\ncalldata');
    press(names()[0] as HTMLInputElement, 'ArrowDown', { altKey: true });
    expect(sent()).toBe('calldata\nlanguage');
    at('[data-row=add]').click();
    expect(document.activeElement).toBe(names()[2]);
    type(names()[2] as HTMLInputElement, ' city ');
    expect(sent()).toBe('calldata\nlanguage\ncity');
    at('ol li:first-child [data-row=remove]').click();
    expect(sent()).toBe('language\ncity');
    expect(document.activeElement).toBe(names()[0]);
  });

  test('have labels, which may hold a =', () => {
    page({ variables: 'calldata = Account = no.\nlanguage' });
    expect(labels().map(({ value }) => value)).toEqual(['Account = no.', '']);
    type(labels()[1] as HTMLInputElement, ' Language ');
    expect(sent()).toBe('calldata = Account = no.\nlanguage = Language');
    type(names()[0] as HTMLInputElement, '');
    expect(sent()).toBe(' = Account = no.\nlanguage = Language'); // not lost: the server asks for the name
    const input = at<HTMLInputElement>('#f-application');
    type(input, '{lang');
    expect(all('[role=option]').map(({ textContent }) => textContent)).toEqual(['{language}']);
  });

  test('Enter begins the next one and does not save the form', () => {
    page();
    expect(press(names()[0] as HTMLInputElement, 'Enter').defaultPrevented).toBe(true);
    expect(names()).toHaveLength(3);
    expect(document.activeElement).toBe(names()[1]);
  });

  test('whoever goes to the field comes to its first row, with what stands there now', () => {
    page();
    const area = at<HTMLTextAreaElement>('#f-variables');
    area.value = 'theirs';
    area.focus();
    expect(document.activeElement).toBe(names()[0]);
    expect(names().map(({ value }) => value)).toEqual(['theirs']);
  });

  test('a field that had the focus before gives it on', () => {
    page();
    const form = at('form');
    form.removeAttribute('data-ready');
    at('#f-variables').replaceWith(
      Object.assign(document.createElement('textarea'), {
        id: 'f-variables',
        name: 'variables',
        value: 'a\n1st',
      }),
    );
    at('#f-variables').setAttribute('aria-invalid', 'true');
    at('#f-variables').focus();
    services(document);
    expect(document.activeElement).toBe(names()[1]);
  });

  test('what is no name, or stands there twice, is marked', () => {
    page({ variables: 'a\n1st = First\na' });
    expect(names().map((input) => input.getAttribute('aria-describedby'))).toEqual([
      null,
      'f-variables-hint',
      'f-variables-hint',
    ]);
    at('#f-variables').focus();
    expect(document.activeElement).toBe(names()[1]);
  });
});

describe('dispositions', () => {
  const rows = () => all('[data-rows=dispositions] li > input');

  test('are rows with one field, without a meaning of =', () => {
    page({ dispositions: 'Sold = done\nCall back' });
    expect(rows().map(({ value }) => value)).toEqual(['Sold = done', 'Call back']);
    at('[data-rows=dispositions] li:first-child [data-row=down]').click();
    type(rows()[0] as HTMLInputElement, 'Call back later');
    expect(at<HTMLTextAreaElement>('[name=dispositions]').value).toBe('Call back later\nSold = done');
  });

  test('one that is there twice is marked, whatever its case', () => {
    page({ dispositions: 'Sold\nNo = yes\nSOLD' });
    expect(rows().map((input) => input.getAttribute('aria-invalid'))).toEqual([null, null, 'true']);
  });
});

describe('operators', () => {
  const sent = () => at<HTMLTextAreaElement>('[name=operators]').value;

  test('are read and written as the server does', () => {
    const list = read('ada 5 Ada  Lovelace\n\n grace\nx y z');
    expect(list).toEqual([
      { user: 'ada', penalty: '5', name: 'Ada Lovelace' },
      { user: 'grace', penalty: '0', name: '' },
      { user: 'x', penalty: 'y', name: 'z' },
    ]);
    expect(written(list)).toBe('ada 5 Ada Lovelace\ngrace 0\nx y z');
  });

  test('a penalty is kept as typed', () => {
    page();
    type(at<HTMLInputElement>('[data-penalty]'), '12');
    expect(sent()).toBe('ada 12 Ada Lovelace');
  });

  test('found ones are ticked when they serve already, and assigned by a tick', async () => {
    page();
    at('#found-operators').innerHTML =
      '<li><input type="checkbox" data-user="ADA" data-full="Ada"></li><li><input type="checkbox" data-user="grace" data-full="Grace Hopper"></li>';
    await Promise.resolve(); // the observer's turn
    const [ada, grace] = all('#found-operators input') as [HTMLInputElement, HTMLInputElement];
    expect([ada.checked, grace.checked]).toEqual([true, false]);
    grace.checked = true;
    fire(grace, 'change');
    expect(sent()).toBe('grace 0 Grace Hopper\nada 5 Ada Lovelace');
    expect(at('[data-count]').textContent).toBe('2');
    ada.checked = false;
    fire(ada, 'change');
    expect(sent()).toBe('grace 0 Grace Hopper');
  });

  test('a search is no edit of the form, and Enter in it saves nothing', () => {
    const form = page();
    let heard = 0;
    form.addEventListener('input', () => heard++);
    fire(at('#find'), 'input');
    expect(heard).toBe(0);
    expect(press(at('#find'), 'Enter').defaultPrevented).toBe(true);
  });

  test('of ten thousand a hundred are drawn, and all are sent', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => `op${i} 0 Operator ${i}`).join('\n');
    page({ operators: many });
    expect(all('[data-assigned] li')).toHaveLength(mostShown);
    expect(at('[data-rest]').hidden).toBe(false);
    type(at<HTMLInputElement>('[data-penalty]'), '1');
    expect(sent().split('\n')).toHaveLength(10_000);
  });

  test('a name is text', () => {
    page({ operators: 'x 0 &lt;img src=x onerror=alert(1)&gt;' });
    expect(at('[data-name]').textContent).toBe('<img src=x onerror=alert(1)>');
    expect(at('[data-assigned] img')).toBe(null);
  });
});
