var t;function l(e){if(t)return;let i=document.title;t=setInterval(()=>{let n=!document.hidden;document.title=n||document.title===e?i:e,n&&(clearInterval(t),t=0)},1e3)}export{l as default};
