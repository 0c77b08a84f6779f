function c({box:e,input:t,keepEnd:d,root:n},o){n.host.classList.toggle("open",!e.hidden),!e.hidden&&(d(()=>0,!0),o&&document.activeElement===document.body&&t.focus())}export{c as default};
