// As on the daemon's page, a token in the URL is used, and taken out of the address bar.
const address = new URL(location.href);
const token = address.searchParams.get("token");
if (token) {
  address.searchParams.delete("token");
  history.replaceState(null, "", address);
}

const ui = SwaggerUIBundle({
  url: new URL("../api/openapi.json", location.href).href,
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  onComplete: () => {
    if (token) ui.preauthorizeApiKey("token", token);
  },
});
