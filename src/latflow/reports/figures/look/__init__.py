"""One look for all figures, and how a figure gets into a page."""

from latflow.reports.figures.look._style import BLACK as BLACK
from latflow.reports.figures.look._style import BLUE as BLUE
from latflow.reports.figures.look._style import GREEN as GREEN
from latflow.reports.figures.look._style import GREY as GREY
from latflow.reports.figures.look._style import HEIGHT as HEIGHT
from latflow.reports.figures.look._style import ORANGE as ORANGE
from latflow.reports.figures.look._style import PURPLE as PURPLE
from latflow.reports.figures.look._style import SKY as SKY
from latflow.reports.figures.look._style import VERMILION as VERMILION
from latflow.reports.figures.look._style import WIDTH as WIDTH
from latflow.reports.figures.look._style import SeriesStyle as SeriesStyle
from latflow.reports.figures.look._style import Styles as Styles
from latflow.reports.figures.look._style import logarithmic as logarithmic
from latflow.reports.figures.look._style import new_figure as new_figure
from latflow.reports.figures.look._style import note as note
from latflow.reports.figures.look._style import series_styles as series_styles
from latflow.reports.figures.look._style import style as style
from latflow.reports.figures.look._style import styled as styled
from latflow.reports.figures.look._svg import to_svg as to_svg
