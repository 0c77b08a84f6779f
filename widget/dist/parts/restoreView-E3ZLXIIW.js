function u({s:o,input:t,v:e,root:i},d){i.host.classList.toggle("open",!o.hidden),!o.hidden&&(e(()=>0,!0),d&&document.activeElement===document.body&&t.focus())}export{u as default};
