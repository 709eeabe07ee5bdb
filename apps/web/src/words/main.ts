// The styles of the pages that carry no script: the build takes the sheet of this entry and drops the rest.
import '../styles/base.css';
import '../styles/words.css';
import './How.svelte';
import './Notice.svelte';
import './Received.svelte';
import './Filed.svelte';
import './Case.svelte';
import './Followed.svelte';
import './Missing.svelte';
