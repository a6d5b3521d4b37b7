// Sent with every update, so it only fetches the component. chart.py puts the addresses in.
const at = (path) => new URL(path, location.origin).href;
const loaded = () => Promise.all([import(at(SCRIPT)), import(at(SKETCH))]);

export default function (component) {
  const sorry = () => {
    component.parentElement.textContent = "The figure could not be loaded. Reload the page to try again.";
  };
  const show = ([chart, { sketch }]) => chart.show(component, { plotly: at(PLOTLY), style: at(STYLE), sketch });
  return loaded().then(show, sorry);
}
