// Every state of the pages around a link, in both themes, against WCAG 2.2 AA as far as axe-core can tell.
import { storyNames } from './contact-sheet.ts';
import { judgeStories } from './judge-stories.ts';

judgeStories(
  'every state of the web screens is free of axe violations',
  storyNames.filter((name) => !name.startsWith('app-')),
);
