// Every state of the other pages of the drive, in both themes, against WCAG 2.2 AA as far as axe-core can tell.
import { storyNames } from './contact-sheet.ts';
import { judgeStories } from './judge-stories.ts';

judgeStories(
  'every state of the other pages of the drive is free of axe violations',
  storyNames.filter(
    (name) => name.startsWith('app-') && !/^app-(files|offline|over|history|new|move|cut|clash|share|versions|viewer)/.test(name),
  ),
);
