function l(t,n){return t.styled||=new Promise(r=>{let e=document.createElement("link");e.rel="stylesheet",e.href=new URL(n.style,import.meta.url),e.onload=e.onerror=r,t.prepend(e)})}export{l as a};
