export {}; const KEPT = '__KEPT__'; console.log(KEPT);
