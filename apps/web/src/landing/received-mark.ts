/** In the address of the page that is to take files another program shared with the app; beside no other code, so that the page starts small. */
export const receivedMark = 'recu';
