// Shows the OpenAPI document named on this script's own tag.
"use strict";
const source = document.currentScript.dataset.openapi;
addEventListener("DOMContentLoaded", () => {
  SwaggerUIBundle({ url: source, dom_id: "#openapi", deepLinking: true, validatorUrl: null });
});
