var t;function n(e){if(t)return;let l=document.title;t=setInterval(()=>{let i=!document.hidden;document.title=i||document.title===e?l:e,i&&(clearInterval(t),t=0)},1e3)}export{n as default};
