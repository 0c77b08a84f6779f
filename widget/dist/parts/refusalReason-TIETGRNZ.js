async function a(r){let e=await(await fetch(r,{credentials:"omit",cache:"reload"})).json();return e.refused&&console.error("Parley: "+e.refused),e.refused}export{a as default};
