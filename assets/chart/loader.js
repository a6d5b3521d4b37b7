// Sent with every update, so it only fetches the component. chart.py puts the three addresses in.
const at = (path) => new URL(path, location.origin).href;
const loaded = () => import(at(SCRIPT));

export default function (component) {
  const sorry = () => {
    component.parentElement.textContent = "The figure could not be loaded. Reload the page to try again.";
  };
  return loaded().then((chart) => chart.show(component, at(PLOTLY), at(STYLE)), sorry);
}
