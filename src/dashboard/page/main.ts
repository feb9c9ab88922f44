/** The page's first step: who is not signed in is asked for a token. */
import { startApp } from './app.ts';
import { isSignedIn, signIn } from './sign-in.ts';
import { applyTheme, currentTheme } from './theme.ts';

applyTheme(currentTheme());
if (!(await isSignedIn())) await signIn();
startApp(() => location.reload());
