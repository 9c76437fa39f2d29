/** The fields that letters go into; what is typed in an embedded page nobody but it can know. */
const places = 'textarea, select, iframe, input:not([type=checkbox], [type=radio], [type=range])';

/** Whether the next letter that the agent types has a place to go to. */
export function isTyping(): boolean {
  return document.activeElement?.matches(places) === true;
}
